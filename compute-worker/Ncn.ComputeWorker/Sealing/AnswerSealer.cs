using Google.Protobuf;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;

namespace Ncn.ComputeWorker.Sealing;

/// <summary>Seals an answer for the client: each part is a serialised <see cref="RunEvent"/>, the last one a <see cref="Completed"/> without a receipt.</summary>
internal sealed class AnswerSealer(HpkeContext context, byte[] salt) : IDisposable
{
    private readonly SealedAnswerWriter _writer = new(context, salt);

    /// <summary>A part with content.</summary>
    public byte[] Seal(Chunk content) => _writer.Seal(new RunEvent { Chunk = content }.ToByteArray(), isLast: false);

    /// <summary>The end.</summary>
    /// <param name="fingerprints">Encoded; here and nowhere else, because they tell tokens.</param>
    public byte[] End(string finishReason, ReadOnlySpan<byte> fingerprints)
    {
        var end = new Completed { FinishReason = finishReason, Fingerprints = ByteString.CopyFrom(fingerprints) };
        return _writer.Seal(new RunEvent { Completed = end }.ToByteArray(), isLast: true);
    }

    public void Dispose()
    {
        _writer.Dispose();
        context.Dispose();
    }
}
