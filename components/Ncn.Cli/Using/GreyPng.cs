using System.Buffers.Binary;
using System.IO.Compression;

namespace Ncn.Cli.Using;

/// <summary>Reads small PNG images of 8-bit grey without interlace (PNG specification, third edition).</summary>
internal static class GreyPng
{
    private const int LargestSide = 4096;
    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Width, height, and one byte for each pixel, row by row; 0 is black in the file.</summary>
    /// <exception cref="CliException">It is no such image.</exception>
    public static (int Width, int Height, byte[] Pixels) Read(string path)
    {
        var file = File.Exists(path) ? File.ReadAllBytes(path) : throw new CliException($"There is no file {path}.");
        if (!file.AsSpan().StartsWith(Magic))
        {
            throw Unfit(path, "it is no PNG file");
        }

        var (width, height, data) = (0, 0, new MemoryStream());
        for (var at = Magic.Length; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            if (length < 0 || length > file.Length - at - 12)
            {
                throw Unfit(path, "it is cut short");
            }

            var type = file.AsSpan(at + 4, 4);
            var content = file.AsSpan(at + 8, length);
            if (type.SequenceEqual("IHDR"u8))
            {
                (width, height) = ReadHeader(path, content);
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                data.Write(content);
            }

            at += 12 + length;
        }

        return (width, height, Unfilter(path, Inflate(path, data, (width + 1) * height), width, height));
    }

    private static (int Width, int Height) ReadHeader(string path, ReadOnlySpan<byte> header)
    {
        if (header.Length != 13 || header[8] != 8 || header[9] != 0 || header[12] != 0)
        {
            throw Unfit(path, "it is not 8-bit grey without interlace");
        }

        var width = BinaryPrimitives.ReadInt32BigEndian(header);
        var height = BinaryPrimitives.ReadInt32BigEndian(header[4..]);
        return width is > 0 and <= LargestSide && height is > 0 and <= LargestSide ? (width, height) : throw Unfit(path, "its size is out of range");
    }

    private static byte[] Inflate(string path, MemoryStream data, int length)
    {
        data.Position = 0;
        var raw = new byte[length];
        try
        {
            using var zlib = new ZLibStream(data, CompressionMode.Decompress);
            zlib.ReadExactly(raw);
            return raw;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw Unfit(path, "its pixels cannot be unpacked");
        }
    }

    // Section 9: each row begins with the filter that its bytes were predicted by.
    private static byte[] Unfilter(string path, byte[] raw, int width, int height)
    {
        var pixels = new byte[width * height];
        for (var y = 0; y < height; y++)
        {
            var filter = raw[y * (width + 1)];
            for (var x = 0; x < width; x++)
            {
                int left = x > 0 ? pixels[(y * width) + x - 1] : 0;
                int above = y > 0 ? pixels[((y - 1) * width) + x] : 0;
                int corner = x > 0 && y > 0 ? pixels[((y - 1) * width) + x - 1] : 0;
                var predicted = filter switch
                {
                    0 => 0,
                    1 => left,
                    2 => above,
                    3 => (left + above) / 2,
                    4 => Paeth(left, above, corner),
                    _ => throw Unfit(path, "it has an unknown filter"),
                };
                pixels[(y * width) + x] = unchecked((byte)(raw[(y * (width + 1)) + 1 + x] + predicted));
            }
        }

        return pixels;
    }

    private static int Paeth(int left, int above, int corner)
    {
        var estimate = left + above - corner;
        var (toLeft, toAbove, toCorner) = (Math.Abs(estimate - left), Math.Abs(estimate - above), Math.Abs(estimate - corner));
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }

    private static CliException Unfit(string path, string why) => new($"{path} cannot be read: {why}. An 8-bit grey PNG is needed.");
}
