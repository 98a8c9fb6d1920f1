namespace Dapr.Actors.Communication;

/// <summary>CRC-64/WE (ECMA-182 polynomial, most significant bit first, all ones in and out): the source of remoting ids.</summary>
internal static class Crc64
{
    private const ulong Polynomial = 0x42F0E1EBA9EA3693;
    private static readonly ulong[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    internal static ulong Compute(ReadOnlySpan<byte> data)
    {
        var crc = ulong.MaxValue;
        foreach (var value in data)
        {
            crc = Table[(byte)((crc >> 56) ^ value)] ^ (crc << 8);
        }
        return ~crc;
    }

    private static ulong Entry(int index)
    {
        var crc = (ulong)index << 56;
        for (var bit = 0; bit < 8; bit++)
        {
            crc = (crc >> 63) == 0 ? crc << 1 : (crc << 1) ^ Polynomial;
        }
        return crc;
    }
}
