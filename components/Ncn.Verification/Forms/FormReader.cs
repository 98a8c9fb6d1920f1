using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Reads what <see cref="CanonicalWriter"/> writes, from outside: after the first thing that is wrong it gives zeros, and the end is never reached.</summary>
internal ref struct FormReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;
    private bool _isWrong;

    internal delegate T ReadItem<out T>(ref FormReader reader);

    /// <summary>Everything was read and nothing was wrong.</summary>
    internal readonly bool IsAtEnd => !_isWrong && _left.IsEmpty;

    /// <summary>Something was wrong.</summary>
    internal readonly bool IsWrong => _isWrong;

    internal byte Byte() => Next(1) is { IsEmpty: false } bytes ? bytes[0] : default;

    internal bool Flag() => Count8(1) == 1;

    internal uint Number32() => Next(4) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : default;

    internal ulong Number() => Next(8) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : default;

    internal UInt128 Number128() => Next(16) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : default;

    internal TokenAmount Amount() => new(Number128());

    internal Hash32 Word() => Next(Hash32.Size) is { IsEmpty: false } bytes ? new Hash32(bytes) : default;

    internal Address Address() => Next(Protocol.Address.Size) is { IsEmpty: false } bytes ? new Address(bytes) : default;

    /// <summary>A number of one byte, at most this.</summary>
    internal int Count8(int most) => Bounded(Byte(), most);

    /// <summary>A number of four bytes, at most this.</summary>
    internal int Count32(int most) => Bounded(Number32(), most);

    /// <summary>What a list holds.</summary>
    internal List<T> Items<T>(int most, ReadItem<T> read) => Items(read, Count32(most));

    /// <summary>What a list behind a count of one byte holds.</summary>
    internal List<T> Items8<T>(int most, ReadItem<T> read) => Items(read, Count8(most));

    /// <summary>Marks the input as wrong unless this holds.</summary>
    internal void Require(bool holds) => _isWrong |= !holds;

    private List<T> Items<T>(ReadItem<T> read, int count)
    {
        var items = new List<T>();
        for (var left = count; left > 0 && !_isWrong; left--)
        {
            items.Add(read(ref this));
        }

        return items;
    }

    private int Bounded(uint value, int most)
    {
        Require(value <= (uint)most);
        return _isWrong ? 0 : (int)value;
    }

    private ReadOnlySpan<byte> Next(int count)
    {
        if (_isWrong || _left.Length < count)
        {
            _isWrong = true;
            return default;
        }

        var next = _left[..count];
        _left = _left[count..];
        return next;
    }
}
