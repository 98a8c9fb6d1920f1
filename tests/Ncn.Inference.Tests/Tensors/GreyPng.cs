using System.Buffers.Binary;
using System.IO.Compression;

namespace Ncn.Inference.Tests.Tensors;

/// <summary>Reads the sample images: PNG (RFC 2083), 8-bit grey, not interlaced.</summary>
internal static class GreyPng
{
    public static byte[] Read(string file)
    {
        byte[] png = File.ReadAllBytes(file);
        int width = 0, height = 0;
        using var data = new MemoryStream();
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            string kind = System.Text.Encoding.ASCII.GetString(png, at + 4, 4);
            if (kind == "IHDR")
            {
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at + 8)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at + 12)));
            }
            else if (kind == "IDAT")
            {
                data.Write(png, at + 8, length);
            }

            at += 12 + length;
        }

        data.Position = 0;
        return Unfilter(data, width, height);
    }

    private static byte[] Unfilter(Stream data, int width, int height)
    {
        using var inflated = new ZLibStream(data, CompressionMode.Decompress);
        var pixels = new byte[width * height];
        var row = new byte[width + 1];
        for (int y = 0; y < height; y++)
        {
            inflated.ReadExactly(row);
            for (int x = 0; x < width; x++)
            {
                int left = x > 0 ? pixels[(y * width) + x - 1] : 0;
                int up = y > 0 ? pixels[((y - 1) * width) + x] : 0;
                int corner = x > 0 && y > 0 ? pixels[((y - 1) * width) + x - 1] : 0;
                int guess = row[0] switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) };
                pixels[(y * width) + x] = (byte)((row[x + 1] + guess) & 0xFF);
            }
        }

        return pixels;
    }

    private static int Paeth(int left, int up, int corner)
    {
        int guess = left + up - corner;
        (int a, int b, int c) = (Math.Abs(guess - left), Math.Abs(guess - up), Math.Abs(guess - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}
