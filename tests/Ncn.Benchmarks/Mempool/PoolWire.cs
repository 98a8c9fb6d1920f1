using System.Buffers.Binary;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Mempool;

/// <summary>
/// The binary form of a pool's requests and answers: little-endian, one after another, answered in their order. A push is 1, id (32),
/// payer (20), fee (8), deadline (8), length (2) and what the job carries; a pop is 2; an end is 3 and id. Answers: a push's and an end's
/// is the outcome (1); a pop's is 0, or 1, id, lease token (8), length (2) and what the job carries.
/// </summary>
internal static class PoolWire
{
    public const byte Push = 1;
    public const byte Pop = 2;
    public const byte End = 3;
    public const int PushHead = 1 + Hash32.Size + Address.Size + 8 + 8 + 2;
    public const int EndSize = 1 + Hash32.Size;
    public const int PoppedHead = 1 + Hash32.Size + 8 + 2;

    /// <summary>Bytes of the request that begins here; 0 when there are too few to tell or it is not whole, -1 when it is none.</summary>
    public static int Length(ReadOnlySpan<byte> from)
    {
        if (from.IsEmpty)
        {
            return 0;
        }

        int length = from[0] switch
        {
            Push when from.Length < PushHead => int.MaxValue,
            Push => PushHead + BinaryPrimitives.ReadUInt16LittleEndian(from[(PushHead - 2)..]),
            Pop => 1,
            End => EndSize,
            _ => -1,
        };
        return length <= from.Length ? length : 0;
    }

    public static MempoolInput.Submit ReadPush(ReadOnlySpan<byte> frame, ulong now) => new(
        now, new RequestId(new Hash32(frame.Slice(1, Hash32.Size))), new Address(frame.Slice(33, Address.Size)),
        new TokenAmount(BinaryPrimitives.ReadUInt64LittleEndian(frame[53..])), now, BinaryPrimitives.ReadUInt64LittleEndian(frame[61..]),
        (uint)(frame.Length - PushHead));

    public static RequestId ReadEnd(ReadOnlySpan<byte> frame) => new(new Hash32(frame.Slice(1, Hash32.Size)));

    /// <summary>Writes a push; returns its bytes.</summary>
    public static int WritePush(Span<byte> to, ReadOnlySpan<byte> id, ReadOnlySpan<byte> payer, ulong fee, ulong deadline, ReadOnlySpan<byte> carried)
    {
        to[0] = Push;
        id.CopyTo(to[1..]);
        payer.CopyTo(to[33..]);
        BinaryPrimitives.WriteUInt64LittleEndian(to[53..], fee);
        BinaryPrimitives.WriteUInt64LittleEndian(to[61..], deadline);
        BinaryPrimitives.WriteUInt16LittleEndian(to[69..], (ushort)carried.Length);
        carried.CopyTo(to[PushHead..]);
        return PushHead + carried.Length;
    }

    /// <summary>Writes a popped job; returns its bytes.</summary>
    public static int WritePopped(Span<byte> to, RequestId request, ulong token, ReadOnlySpan<byte> carried)
    {
        to[0] = 1;
        request.Value.CopyTo(to[1..]);
        BinaryPrimitives.WriteUInt64LittleEndian(to[33..], token);
        BinaryPrimitives.WriteUInt16LittleEndian(to[41..], (ushort)carried.Length);
        carried.CopyTo(to[PoppedHead..]);
        return PoppedHead + carried.Length;
    }
}
