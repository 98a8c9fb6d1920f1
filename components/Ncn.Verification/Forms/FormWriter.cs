using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>The one form in which things are hashed, said and kept: members in order, numbers big-endian and of fixed width, lists behind their count.</summary>
internal sealed class FormWriter
{
    private byte[] _bytes = new byte[256];
    private int _length;

    /// <summary>All that was written.</summary>
    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    internal FormWriter Byte(byte value)
    {
        Next(1)[0] = value;
        return this;
    }

    internal FormWriter Number(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Next(4), value);
        return this;
    }

    internal FormWriter Number(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Next(8), value);
        return this;
    }

    internal FormWriter Number(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(Next(16), value);
        return this;
    }

    internal FormWriter Amount(TokenAmount value) => Number(value.Units);

    internal FormWriter Word(Hash32 value)
    {
        value.CopyTo(Next(Hash32.Size));
        return this;
    }

    internal FormWriter Address(Address value)
    {
        value.CopyTo(Next(Protocol.Address.Size));
        return this;
    }

    /// <summary>A count, and each item.</summary>
    internal FormWriter Items<T>(IReadOnlyCollection<T> items, Action<FormWriter, T> write)
    {
        Number((uint)items.Count);
        foreach (var item in items)
        {
            write(this, item);
        }

        return this;
    }

    /// <summary>A count of one byte, and each item.</summary>
    internal FormWriter Items8<T>(IReadOnlyCollection<T> items, Action<FormWriter, T> write)
    {
        Byte((byte)items.Count);
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
