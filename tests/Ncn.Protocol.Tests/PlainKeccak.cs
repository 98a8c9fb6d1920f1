using System.Buffers.Binary;
using System.Numerics;

namespace Ncn.Protocol.Tests;

/// <summary>Keccak-256 written straight from the definition, loops and all, to hold the unrolled one against.</summary>
internal static class PlainKeccak
{
    public static byte[] Hash(byte[] data)
    {
        var padded = new byte[((data.Length / 136) + 1) * 136];
        data.CopyTo(padded, 0);
        padded[data.Length] ^= 1;
        padded[^1] ^= 0x80;
        var state = new ulong[25];
        for (var offset = 0; offset < padded.Length; offset += 136)
        {
            for (var i = 0; i < 17; i++)
            {
                state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(padded.AsSpan(offset + (8 * i)));
            }

            Permute(state);
        }

        var digest = new byte[32];
        for (var i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest.AsSpan(8 * i), state[i]);
        }

        return digest;
    }

    private static void Permute(ulong[] a)
    {
        var lfsr = 1;
        for (var round = 0; round < 24; round++)
        {
            var c = Enumerable.Range(0, 5).Select(x => a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]).ToArray();
            for (var i = 0; i < 25; i++)
            {
                a[i] ^= c[((i % 5) + 4) % 5] ^ BitOperations.RotateLeft(c[((i % 5) + 1) % 5], 1);
            }

            var (x, y, lane) = (1, 0, a[1]);
            for (var t = 0; t < 24; t++)
            {
                (x, y) = (y, ((2 * x) + (3 * y)) % 5);
                (a[x + (5 * y)], lane) = (BitOperations.RotateLeft(lane, (t + 1) * (t + 2) / 2 % 64), a[x + (5 * y)]);
            }

            for (var row = 0; row < 25; row += 5)
            {
                var b = a[row..(row + 5)];
                for (var i = 0; i < 5; i++)
                {
                    a[row + i] = b[i] ^ (~b[(i + 1) % 5] & b[(i + 2) % 5]);
                }
            }

            for (var j = 0; j < 7; j++)
            {
                a[0] ^= (lfsr & 1) != 0 ? 1UL << ((1 << j) - 1) : 0;
                lfsr = (lfsr << 1) ^ ((lfsr >> 7) * 0x171);
            }
        }
    }
}
