using System.Buffers.Binary;
using System.Runtime.InteropServices;
using static System.Numerics.BitOperations;

namespace Ncn.Protocol.Cryptography;

/// <summary>Keccak-256 as Ethereum uses it (the original padding byte 0x01, not SHA3-256's 0x06).</summary>
/// <remarks>Source: Keccak reference, version 3.0, section 1.2; rate 1088, capacity 512, output 256 bits.</remarks>
public static class Keccak256
{
    internal const int Rate = 136;

    private static readonly ulong[] RoundConstants =
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
        0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
        0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    /// <summary>The 32-byte hash of <paramref name="data"/>.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var digest = new byte[32];
        Hash(data, digest);
        return digest;
    }

    /// <summary>The hash of <paramref name="data"/> as a value.</summary>
    public static Hash32 Of(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[32];
        Hash(data, digest);
        return new Hash32(digest);
    }

    /// <summary>Writes the 32-byte hash of <paramref name="data"/> to <paramref name="digest"/>; allocates nothing.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        while (data.Length >= Rate)
        {
            Absorb(state, data[..Rate]);
            data = data[Rate..];
        }

        Finish(state, data, digest);
    }

    /// <summary>Absorbs the last part, shorter than a block, with its padding, and writes the digest.</summary>
    internal static void Finish(Span<ulong> state, ReadOnlySpan<byte> data, Span<byte> digest)
    {
        Span<byte> last = stackalloc byte[Rate];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] ^= 0x01;
        last[Rate - 1] ^= 0x80;
        Absorb(state, last);
        for (var i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(8 * i)..], state[i]);
        }
    }

    internal static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        for (var i = 0; i < Rate / 8; i++)
        {
            state[i] ^= BitConverter.IsLittleEndian ? words[i] : BinaryPrimitives.ReverseEndianness(words[i]);
        }

        Permute(state);
    }

    // One pass of theta, rho, pi, chi and iota a round, unrolled over the 25 lanes.
    private static void Permute(Span<ulong> s)
    {
        ulong a0 = s[0], a1 = s[1], a2 = s[2], a3 = s[3], a4 = s[4], a5 = s[5], a6 = s[6], a7 = s[7], a8 = s[8];
        ulong a9 = s[9], a10 = s[10], a11 = s[11], a12 = s[12], a13 = s[13], a14 = s[14], a15 = s[15], a16 = s[16];
        ulong a17 = s[17], a18 = s[18], a19 = s[19], a20 = s[20], a21 = s[21], a22 = s[22], a23 = s[23], a24 = s[24];
        foreach (var constant in RoundConstants)
        {
            ulong c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20, c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21, c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
            ulong c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23, c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
            ulong d0 = c4 ^ RotateLeft(c1, 1), d1 = c0 ^ RotateLeft(c2, 1), d2 = c1 ^ RotateLeft(c3, 1);
            ulong d3 = c2 ^ RotateLeft(c4, 1), d4 = c3 ^ RotateLeft(c0, 1);

            ulong b0 = a0 ^ d0, b1 = RotateLeft(a6 ^ d1, 44), b2 = RotateLeft(a12 ^ d2, 43);
            ulong b3 = RotateLeft(a18 ^ d3, 21), b4 = RotateLeft(a24 ^ d4, 14);
            ulong b5 = RotateLeft(a3 ^ d3, 28), b6 = RotateLeft(a9 ^ d4, 20), b7 = RotateLeft(a10 ^ d0, 3);
            ulong b8 = RotateLeft(a16 ^ d1, 45), b9 = RotateLeft(a22 ^ d2, 61);
            ulong b10 = RotateLeft(a1 ^ d1, 1), b11 = RotateLeft(a7 ^ d2, 6), b12 = RotateLeft(a13 ^ d3, 25);
            ulong b13 = RotateLeft(a19 ^ d4, 8), b14 = RotateLeft(a20 ^ d0, 18);
            ulong b15 = RotateLeft(a4 ^ d4, 27), b16 = RotateLeft(a5 ^ d0, 36), b17 = RotateLeft(a11 ^ d1, 10);
            ulong b18 = RotateLeft(a17 ^ d2, 15), b19 = RotateLeft(a23 ^ d3, 56);
            ulong b20 = RotateLeft(a2 ^ d2, 62), b21 = RotateLeft(a8 ^ d3, 55), b22 = RotateLeft(a14 ^ d4, 39);
            ulong b23 = RotateLeft(a15 ^ d0, 41), b24 = RotateLeft(a21 ^ d1, 2);

            a0 = b0 ^ (~b1 & b2) ^ constant;
            a1 = b1 ^ (~b2 & b3);
            a2 = b2 ^ (~b3 & b4);
            a3 = b3 ^ (~b4 & b0);
            a4 = b4 ^ (~b0 & b1);
            a5 = b5 ^ (~b6 & b7);
            a6 = b6 ^ (~b7 & b8);
            a7 = b7 ^ (~b8 & b9);
            a8 = b8 ^ (~b9 & b5);
            a9 = b9 ^ (~b5 & b6);
            a10 = b10 ^ (~b11 & b12);
            a11 = b11 ^ (~b12 & b13);
            a12 = b12 ^ (~b13 & b14);
            a13 = b13 ^ (~b14 & b10);
            a14 = b14 ^ (~b10 & b11);
            a15 = b15 ^ (~b16 & b17);
            a16 = b16 ^ (~b17 & b18);
            a17 = b17 ^ (~b18 & b19);
            a18 = b18 ^ (~b19 & b15);
            a19 = b19 ^ (~b15 & b16);
            a20 = b20 ^ (~b21 & b22);
            a21 = b21 ^ (~b22 & b23);
            a22 = b22 ^ (~b23 & b24);
            a23 = b23 ^ (~b24 & b20);
            a24 = b24 ^ (~b20 & b21);
        }

        (s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]) = (a0, a1, a2, a3, a4, a5, a6, a7, a8);
        (s[9], s[10], s[11], s[12], s[13], s[14], s[15], s[16]) = (a9, a10, a11, a12, a13, a14, a15, a16);
        (s[17], s[18], s[19], s[20], s[21], s[22], s[23], s[24]) = (a17, a18, a19, a20, a21, a22, a23, a24);
    }
}
