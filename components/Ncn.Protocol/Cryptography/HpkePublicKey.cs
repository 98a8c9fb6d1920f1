using System.Numerics;
using System.Security.Cryptography;

namespace Ncn.Protocol.Cryptography;

/// <summary>A point of P-256 that was checked: on the curve and not the identity (RFC 9180, section 7.1.4; SEC 1, section 2.3).</summary>
public sealed class HpkePublicKey : IEquatable<HpkePublicKey>
{
    /// <summary>Bytes of a serialised key (Npk, Nenc): 0x04 ‖ x ‖ y.</summary>
    public const int Size = 65;

    /// <summary>Bytes of a <see cref="KeyId"/>.</summary>
    public const int KeyIdSize = 8;

    private const int CoordinateSize = 32;
    private const byte Uncompressed = 4;

    private static readonly BigInteger Prime = Number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger CurveB = Number("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    private readonly byte[] _bytes;

    private HpkePublicKey(byte[] bytes) => _bytes = bytes;

    /// <summary>0x04 ‖ x ‖ y.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The first 8 bytes of keccak-256 of the serialised key: names the key that a request was sealed for.</summary>
    public HexBytes KeyId => new(Keccak256.Hash(_bytes).AsSpan(0, KeyIdSize));

    /// <summary>False for anything but the uncompressed form of a point on the curve; the identity has no such form.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out HpkePublicKey key)
    {
        key = null!;
        if (bytes.Length != Size || bytes[0] != Uncompressed || !IsOnCurve(bytes.Slice(1, CoordinateSize), bytes[(1 + CoordinateSize)..]))
        {
            return false;
        }

        key = new HpkePublicKey(bytes.ToArray());
        return true;
    }

    public bool Equals(HpkePublicKey? other) => other is not null && Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => Equals(obj as HpkePublicKey);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => Hex.Format(_bytes);

    internal static HpkePublicKey FromPoint(ECPoint point) => new([Uncompressed, .. point.X!, .. point.Y!]);

    internal ECPoint ToPoint() => new() { X = _bytes[1..(1 + CoordinateSize)], Y = _bytes[(1 + CoordinateSize)..] };

    // y² = x³ - 3x + b; the cofactor is 1, so a point on the curve is in the group.
    private static bool IsOnCurve(ReadOnlySpan<byte> xBytes, ReadOnlySpan<byte> yBytes)
    {
        var x = new BigInteger(xBytes, isUnsigned: true, isBigEndian: true);
        var y = new BigInteger(yBytes, isUnsigned: true, isBigEndian: true);
        return x < Prime && y < Prime && ((y * y) - ((x * x * x) - (3 * x) + CurveB)) % Prime == 0;
    }

    private static BigInteger Number(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
}
