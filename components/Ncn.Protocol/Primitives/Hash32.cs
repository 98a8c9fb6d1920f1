using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>32 bytes: a keccak-256 hash or any bytes32 of the contracts. JSON and text form: 0x and 64 lower-case hex digits.</summary>
[JsonConverter(typeof(HexJsonConverter<Hash32>))]
public readonly record struct Hash32 : IHexValue<Hash32>, IComparable<Hash32>
{
    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <summary>Reads 32 bytes, big-endian. Throws <see cref="ArgumentException"/> for another length.</summary>
    public Hash32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A 32-byte value was expected and {bytes.Length} bytes were given.", nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    private Hash32(UInt128 high, UInt128 low) => (_high, _low) = (high, low);

    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    static int IHexValue<Hash32>.ByteCount => Size;

    /// <summary>True for the all-zero value, which no hash has in practice and which the contracts read as "none".</summary>
    public bool IsZero => _high == 0 && _low == 0;

    static Hash32 IHexValue<Hash32>.FromBytes(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Parses 0x and 64 hex digits; throws <see cref="FormatException"/> otherwise.</summary>
    public static Hash32 Parse(string text) => Hex.Parse<Hash32>(text);

    /// <summary>Parses 0x and 64 hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Hash32 value) => Hex.TryParse(text, out value);

    /// <summary>Writes the 32 bytes, big-endian.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>The 32 bytes, big-endian.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Bit by bit, exclusive or: the distance of two keys in Kademlia (Maymounkov and Mazières, 2002, section 2.1).</summary>
    public static Hash32 operator ^(Hash32 left, Hash32 right) => new(left._high ^ right._high, left._low ^ right._low);

    /// <summary>See <c>operator ^</c>.</summary>
    public static Hash32 Xor(Hash32 left, Hash32 right) => left ^ right;

    /// <summary>Whether a bit is one; 0 is the highest of the first byte, 255 the lowest of the last.</summary>
    public bool IsSet(int bit) => ((bit < 128 ? _high >> (127 - bit) : _low >> (255 - bit)) & 1) == 1;

    /// <summary>How many bits from the first one on are zero: 0 to 256.</summary>
    public int LeadingZeros => _high != 0 ? (int)UInt128.LeadingZeroCount(_high) : 128 + (int)UInt128.LeadingZeroCount(_low);

    /// <summary>Orders as unsigned big-endian numbers.</summary>
    public int CompareTo(Hash32 other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public static bool operator <(Hash32 left, Hash32 right) => left.CompareTo(right) < 0;

    public static bool operator >(Hash32 left, Hash32 right) => left.CompareTo(right) > 0;

    public static bool operator <=(Hash32 left, Hash32 right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Hash32 left, Hash32 right) => left.CompareTo(right) >= 0;

    /// <summary>0x and 64 lower-case hex digits.</summary>
    public override string ToString() => Hex.Format(ToArray());
}
