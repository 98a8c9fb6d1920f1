using System.Buffers;
using System.Text;

namespace Ncn.Inference.Repository.Inspection;

/// <summary>Writes a protobuf message field by field. Wire format: https://protobuf.dev/programming-guides/encoding/.</summary>
internal sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _content = new();

    /// <summary>The message.</summary>
    public byte[] ToArray() => _content.WrittenSpan.ToArray();

    public ProtobufWriter Number(int field, long value)
    {
        Tag(field, ProtobufReader.Varint);
        Varint((ulong)value);
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Message(int field, ProtobufWriter value) => Bytes(field, value._content.WrittenSpan);

    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Head(field, value.Length);
        _content.Write(value);
        return this;
    }

    /// <summary>The number and length of a field whose content, of <paramref name="length"/> bytes, follows elsewhere.</summary>
    public ProtobufWriter Head(int field, long length)
    {
        Tag(field, ProtobufReader.Bytes);
        Varint((ulong)length);
        return this;
    }

    /// <summary>Fields that are written already.</summary>
    public ProtobufWriter Raw(ReadOnlySpan<byte> fields)
    {
        _content.Write(fields);
        return this;
    }

    private void Tag(int field, int type) => Varint(((ulong)field << 3) | (uint)type);

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _content.Write([(byte)((value & 0x7F) | 0x80)]);
        }

        _content.Write([(byte)value]);
    }
}
