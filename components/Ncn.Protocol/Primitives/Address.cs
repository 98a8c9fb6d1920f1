using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>A 20-byte Ethereum address; every participant's id is the address of its key. Text form: EIP-55 checksummed.</summary>
[JsonConverter(typeof(HexJsonConverter<Address>))]
public readonly record struct Address : IHexValue<Address>, IComparable<Address>
{
    private static readonly WrittenAddress?[] Written = new WrittenAddress?[1024];

    private readonly UInt128 _high;
    private readonly uint _low;

    /// <summary>Reads 20 bytes, big-endian. Throws <see cref="ArgumentException"/> for another length.</summary>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"An address has 20 bytes and {bytes.Length} were given.", nameof(bytes));
        }

        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>Length in bytes.</summary>
    public const int Size = 20;

    /// <summary>The zero address, which no key has and which the contracts read as "none".</summary>
    public static Address Zero => default;

    static int IHexValue<Address>.ByteCount => Size;

    /// <summary>True for the zero address.</summary>
    public bool IsZero => this == default;

    static Address IHexValue<Address>.FromBytes(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>The address of a 64-byte public key: the last 20 bytes of its keccak-256.</summary>
    public static Address FromPublicKey(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> digest = stackalloc byte[32];
        Keccak256.Hash(publicKey, digest);
        return new Address(digest[12..]);
    }

    /// <summary>Parses 0x and 40 hex digits of any case; throws <see cref="FormatException"/> otherwise.</summary>
    public static Address Parse(string text) => Hex.Parse<Address>(text);

    /// <summary>Parses 0x and 40 hex digits of any case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Address value) => Hex.TryParse(text, out value);

    /// <summary>Writes the 20 bytes, big-endian.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
    }

    /// <summary>Orders as unsigned big-endian numbers.</summary>
    public int CompareTo(Address other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;

    /// <summary>The EIP-55 checksummed form.</summary>
    public override string ToString()
    {
        // A memo of a pure function: the checksum is a hash, and few addresses are written over and over.
        ref var place = ref Written[unchecked((uint)GetHashCode()) % Written.Length];
        if (place is { } known && known.Address == this)
        {
            return known.Text;
        }

        var text = Checksummed();
        place = new WrittenAddress(this, text);
        return text;
    }

    private string Checksummed()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        Span<byte> ascii = stackalloc byte[2 * Size];
        Convert.TryToHexStringLower(bytes, ascii, out _);
        Span<byte> digest = stackalloc byte[32];
        Keccak256.Hash(ascii, digest);
        Span<char> text = stackalloc char[2 + (2 * Size)];
        (text[0], text[1]) = ('0', 'x');
        for (var i = 0; i < ascii.Length; i++)
        {
            var nibble = (i & 1) == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 0xF;
            text[2 + i] = nibble >= 8 ? char.ToUpperInvariant((char)ascii[i]) : (char)ascii[i];
        }

        return new string(text);
    }

    private sealed record WrittenAddress(Address Address, string Text);
}
