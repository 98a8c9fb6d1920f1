using System.Buffers.Binary;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>The hash chain over a node's output.</summary>
/// <remarks>
/// h(-1) = keccak256(requestId ‖ attempt as uint32 big-endian);
/// h(i) = keccak256(h(i-1) ‖ i as uint32 big-endian ‖ token ids as uint32 big-endian each ‖ UTF-8 text).
/// A tensor answer is one chunk whose text is the serialised response. The output hash of a receipt is the last h(i).
/// </remarks>
public sealed class RollingOutputHash
{
    private const int MostOnStack = 512;
    private uint _next;

    /// <summary>Begins the chain of one attempt.</summary>
    public RollingOutputHash(RequestId requestId, uint attempt)
    {
        Span<byte> seed = stackalloc byte[36];
        requestId.Value.CopyTo(seed);
        BinaryPrimitives.WriteUInt32BigEndian(seed[32..], attempt);
        Value = Keccak256.Of(seed);
    }

    /// <summary>The chain's head.</summary>
    public Hash32 Value { get; private set; }

    /// <summary>Adds a chunk and returns the new head.</summary>
    public Hash32 Append(ReadOnlySpan<int> tokenIds, ReadOnlySpan<byte> text)
    {
        var length = 36 + (4 * tokenIds.Length) + text.Length;
        Span<byte> preimage = length <= MostOnStack ? stackalloc byte[MostOnStack] : new byte[length];
        preimage = preimage[..length];
        Value.CopyTo(preimage);
        BinaryPrimitives.WriteUInt32BigEndian(preimage[32..], _next++);
        for (var i = 0; i < tokenIds.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(preimage[(36 + (4 * i))..], tokenIds[i]);
        }

        text.CopyTo(preimage[(36 + (4 * tokenIds.Length))..]);
        return Value = Keccak256.Of(preimage);
    }
}
