using System.Numerics;

namespace Nethereum.RLP;

/// <summary>Recursive length prefix, appendix B of the Ethereum yellow paper; encoding only.</summary>
internal static class RlpEncoder
{
    internal static byte[] Element(ReadOnlySpan<byte> data) =>
        data.Length == 1 && data[0] < 0x80 ? data.ToArray() : [.. Prefix(data.Length, 0x80), .. data];

    internal static byte[] Quantity(BigInteger value) =>
        Element(value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true));

    internal static byte[] List(params byte[][] encodedItems)
    {
        var payload = encodedItems.SelectMany(item => item).ToArray();
        return [.. Prefix(payload.Length, 0xc0), .. payload];
    }

    private static byte[] Prefix(int length, byte offset)
    {
        if (length < 56)
        {
            return [(byte)(offset + length)];
        }

        var size = new BigInteger(length).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [(byte)(offset + 55 + size.Length), .. size];
    }
}
