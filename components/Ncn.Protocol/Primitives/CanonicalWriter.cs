using System.Buffers.Binary;

namespace Ncn.Protocol;

/// <summary>The one form in which things are hashed, said and kept: members in order, numbers big-endian and of fixed width, bytes behind their length.</summary>
public sealed class CanonicalWriter
{
    private byte[] _bytes = new byte[256];
    private int _length;

    /// <summary>All that was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public CanonicalWriter Byte(byte value)
    {
        Next(1)[0] = value;
        return this;
    }

    public CanonicalWriter Number(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Next(4), value);
        return this;
    }

    public CanonicalWriter Number(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Next(8), value);
        return this;
    }

    public CanonicalWriter Number(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(Next(16), value);
        return this;
    }

    public CanonicalWriter Amount(TokenAmount value) => Number(value.Units);

    public CanonicalWriter Word(Hash32 value)
    {
        value.CopyTo(Next(Hash32.Size));
        return this;
    }

    public CanonicalWriter Address(Address value)
    {
        value.CopyTo(Next(Protocol.Address.Size));
        return this;
    }

    public CanonicalWriter Bytes(ReadOnlySpan<byte> value)
    {
        Number((uint)value.Length);
        value.CopyTo(Next(value.Length));
        return this;
    }

    /// <summary>Bytes without a length: the reader knows how many there are.</summary>
    public CanonicalWriter Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Next(value.Length));
        return this;
    }

    public CanonicalWriter Signature(Signature value)
    {
        value.CopyTo(Next(Protocol.Signature.Size));
        return this;
    }

    /// <summary>A count, and each item.</summary>
    public CanonicalWriter Items<T>(IReadOnlyCollection<T> items, Action<CanonicalWriter, T> write) => Number((uint)items.Count).Each(items, write);

    /// <summary>A count of one byte, and each item.</summary>
    public CanonicalWriter Items8<T>(IReadOnlyCollection<T> items, Action<CanonicalWriter, T> write) => Byte((byte)items.Count).Each(items, write);

    private CanonicalWriter Each<T>(IEnumerable<T> items, Action<CanonicalWriter, T> write)
    {
        foreach (var item in items)
        {
            write(this, item);
        }

        return this;
    }

    private Span<byte> Next(int count)
    {
        if (_length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + count));
        }

        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
