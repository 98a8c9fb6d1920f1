using System.Buffers.Binary;
using System.Text;

namespace Ncn.Inference.Repository.Inspection;

/// <summary>Walks a serialised protobuf message on a seekable stream, without its schema and without holding it in memory.</summary>
/// <remarks>Wire format: https://protobuf.dev/programming-guides/encoding/. One field at a time: read its value, or it is skipped.</remarks>
internal sealed class ProtobufReader(Stream stream)
{
    public const int Varint = 0;
    public const int Bytes = 2;
    public const int Fixed32 = 5;

    private const int Fixed64 = 1;
    private const int MaxVarintBytes = 10;

    /// <summary>Where the walk stands.</summary>
    public long Position => stream.Position;

    /// <summary>The next field before <paramref name="end"/>: number, wire type and, of bytes, where they end; null at the end.</summary>
    /// <exception cref="InvalidDataException">The bytes are no protobuf message.</exception>
    public (int Field, int Type, long End)? Next(long end)
    {
        if (stream.Position >= end)
        {
            return stream.Position == end ? null : throw Broken();
        }

        ulong tag = ReadVarint(end);
        (int field, int type) = (checked((int)Math.Min(tag >> 3, int.MaxValue)), (int)(tag & 7));
        return field == 0 ? throw Broken() : (field, type, type switch
        {
            Varint => end,
            Bytes => Ahead(ReadVarint(end), end),
            Fixed64 => Ahead(8, end),
            Fixed32 => Ahead(4, end),
            _ => throw Broken(),
        });
    }

    /// <summary>Goes past a field that nobody reads.</summary>
    public void Skip(int type, long end)
    {
        if (type == Varint)
        {
            ReadVarint(end);
        }
        else
        {
            stream.Position = end;
        }
    }

    public ulong ReadVarint(long end)
    {
        ulong value = 0;
        for (int i = 0; i < MaxVarintBytes; i++)
        {
            int next = stream.Position < end ? stream.ReadByte() : -1;
            if (next < 0)
            {
                throw Broken();
            }

            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Broken();
    }

    /// <summary>The number of a field of four bytes.</summary>
    public float ReadSingle()
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadSingleLittleEndian(bytes);
    }

    /// <summary>The text of a bytes field, which may have at most <paramref name="maxBytes"/>.</summary>
    public string ReadText(long end, int maxBytes)
    {
        if (end - stream.Position > maxBytes)
        {
            throw new InvalidDataException($"a text has {end - stream.Position} bytes, where at most {maxBytes} make sense");
        }

        var bytes = new byte[end - stream.Position];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private long Ahead(ulong length, long end) =>
        length <= (ulong)(end - stream.Position) ? stream.Position + (long)length : throw Broken();

    private InvalidDataException Broken() => new($"it is no ONNX model, or is cut off or damaged near byte {stream.Position}");
}
