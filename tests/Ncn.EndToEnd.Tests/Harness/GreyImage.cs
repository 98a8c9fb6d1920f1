using System.Buffers.Binary;
using System.IO.Compression;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Reads the sample images: PNG (RFC 2083), 8-bit grey, not interlaced.</summary>
internal static class GreyImage
{
    public static byte[] Read(string path)
    {
        var file = File.ReadAllBytes(path);
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(20)));
        using var data = new MemoryStream();
        for (var at = 8; at < file.Length; at += 12 + BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at)))
        {
            if (file.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
            {
                data.Write(file, at + 8, BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at)));
            }
        }

        data.Position = 0;
        return Unfilter(data, width, height);
    }

    private static byte[] Unfilter(Stream data, int width, int height)
    {
        using var rows = new ZLibStream(data, CompressionMode.Decompress);
        var pixels = new byte[width * height];
        for (var y = 0; y < height; y++)
        {
            var filter = rows.ReadByte();
            for (var x = 0; x < width; x++)
            {
                var left = x > 0 ? pixels[(y * width) + x - 1] : 0;
                var up = y > 0 ? pixels[((y - 1) * width) + x] : 0;
                var corner = x > 0 && y > 0 ? pixels[((y - 1) * width) + x - 1] : 0;
                var guess = filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) };
                pixels[(y * width) + x] = (byte)((rows.ReadByte() + guess) & 0xFF);
            }
        }

        return pixels;
    }

    private static int Paeth(int left, int up, int corner)
    {
        var guess = left + up - corner;
        var (a, b, c) = (Math.Abs(guess - left), Math.Abs(guess - up), Math.Abs(guess - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}
