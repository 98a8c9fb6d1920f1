using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Receipts;

/// <summary>A receipt that this gateway verified and paid, with what a validator needs. Nothing is copied or hashed before it is written.</summary>
/// <param name="JobJson">Signed&lt;InferenceJob&gt; as it was sent.</param>
/// <param name="ReceiptJson">Signed&lt;Receipt&gt; as it came.</param>
/// <param name="IsSealed">Only the client can read input and answer: neither is kept.</param>
/// <param name="Chunks">What the node sent, in its order.</param>
internal sealed record AcceptedReceipt(
    Receipt Receipt, string JobJson, string ReceiptJson, bool IsSealed, byte[] Input, IReadOnlyList<Chunk> Chunks, ByteString Fingerprints)
{
    // A chunk's text and tokens, and what holds them together.
    private const int ChunkBytes = 64;

    /// <summary>True when this gateway asked the node to stop before the answer's end.</summary>
    public bool WasStopped { get; init; }

    /// <summary>About how much memory it takes.</summary>
    internal long Weight => JobJson.Length + ReceiptJson.Length + Input.Length + Fingerprints.Length + Chunks.Sum(static chunk => (long)chunk.Tensors.Length + ChunkBytes);

    /// <summary>One that a node delivered for a job of the queue.</summary>
    internal static AcceptedReceipt Of(Signed<InferenceJob> job, Signed<Receipt> receipt, byte[] input, IReadOnlyList<Chunk> chunks, byte[]? fingerprints) => new(
        receipt.Message, JsonSerializer.Serialize(job, ProtocolJson.Options), JsonSerializer.Serialize(receipt, ProtocolJson.Options), IsSealed: false, input, chunks,
        fingerprints is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(fingerprints));

    internal StoredReceipt ToStored()
    {
        var stored = new StoredReceipt { JobJson = JobJson, ReceiptJson = ReceiptJson, IsSealed = IsSealed, WasStopped = WasStopped };
        if (!IsSealed)
        {
            stored.Input = UnsafeByteOperations.UnsafeWrap(Input);
            stored.Fingerprints = Fingerprints;
            stored.Pieces.AddRange(Chunks.Select(static chunk => new StoredPiece { TokenIds = { chunk.TokenIds }, Text = chunk.Text, Tensors = chunk.Tensors }));
        }

        return stored;
    }

    /// <summary>What a validator gets.</summary>
    internal static ReceiptEvidence Evidence(uint index, StoredReceipt stored) => new(
        index, Read<InferenceJob>(stored.JobJson), Read<Receipt>(stored.ReceiptJson), stored.IsSealed, stored.Input.ToByteArray(),
        [.. stored.Pieces.Select(static piece => new OutputPiece([.. piece.TokenIds], piece.Text, piece.Tensors.IsEmpty ? null : piece.Tensors.ToByteArray()))],
        stored.Fingerprints.ToByteArray())
    {
        WasStopped = stored.WasStopped,
    };

    private static Signed<T> Read<T>(string json)
        where T : ITypedData =>
        JsonSerializer.Deserialize<Signed<T>>(json, ProtocolJson.Options) ?? throw new InvalidDataException($"A kept {typeof(T).Name} is empty.");
}
