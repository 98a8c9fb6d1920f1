using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>A recoverable secp256k1 signature, 65 bytes r‖s‖v with v = 27 or 28. Text form: 0x and 130 hex digits.</summary>
[JsonConverter(typeof(HexJsonConverter<Signature>))]
public readonly record struct Signature : IHexValue<Signature>
{
    private readonly Hash32 _r;
    private readonly Hash32 _s;
    private readonly byte _v;

    /// <summary>Reads 65 bytes. Throws <see cref="ArgumentException"/> for another length; the content is judged by <see cref="TryRecover"/>.</summary>
    public Signature(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A signature has 65 bytes and {bytes.Length} were given.", nameof(bytes));
        }

        _r = new Hash32(bytes[..32]);
        _s = new Hash32(bytes[32..64]);
        _v = bytes[64];
    }

    /// <summary>Length in bytes.</summary>
    public const int Size = 65;

    static int IHexValue<Signature>.ByteCount => Size;

    static Signature IHexValue<Signature>.FromBytes(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Parses 0x and 130 hex digits; throws <see cref="FormatException"/> otherwise.</summary>
    public static Signature Parse(string text) => Hex.Parse<Signature>(text);

    /// <summary>Parses 0x and 130 hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Signature value) => Hex.TryParse(text, out value);

    /// <summary>Whether it has the one form that is taken: v 27 or 28, r and s not zero, s in the lower half (EIP-2). Says nothing of who signed.</summary>
    public bool IsCanonical
    {
        get
        {
            Span<byte> s = stackalloc byte[Hash32.Size];
            _s.CopyTo(s);
            return _v is 27 or 28 && !_r.IsZero && !_s.IsZero && Secp256k1.IsLowS(s);
        }
    }

    /// <summary>The address of the key that signed <paramref name="digest"/>; false for a malformed, high-s or unrecoverable signature.</summary>
    public bool TryRecover(Hash32 digest, out Address signer)
    {
        Span<byte> hash = stackalloc byte[32];
        digest.CopyTo(hash);
        Span<byte> signature = stackalloc byte[Size];
        CopyTo(signature);
        Span<byte> publicKey = stackalloc byte[64];
        var recovered = Secp256k1.TryRecover(hash, signature, publicKey);
        signer = recovered ? Address.FromPublicKey(publicKey) : default;
        return recovered;
    }

    /// <summary>
    /// True when the key of <paramref name="signer"/> signed <paramref name="digest"/>, whatever v says: quicker than
    /// <see cref="TryRecover"/> once the signer's key is known. What may go to a contract is checked by recovering.
    /// </summary>
    public bool IsBy(Address signer, Hash32 digest)
    {
        Span<byte> hash = stackalloc byte[32];
        digest.CopyTo(hash);
        Span<byte> signature = stackalloc byte[Size];
        CopyTo(signature);
        if (KnownSigners.Find(signer) is { } known)
        {
            return Secp256k1.Verify(hash, signature, known);
        }

        return IsRecovered(signer, hash, signature) || IsRecovered(signer, hash, WithOtherV(signature));
    }

    private static bool IsRecovered(Address signer, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        Span<byte> publicKey = stackalloc byte[64];
        if (!Secp256k1.TryRecover(hash, signature, publicKey) || Address.FromPublicKey(publicKey) != signer)
        {
            return false;
        }

        KnownSigners.Add(signer, publicKey);
        return true;
    }

    // The answer must not depend on whether the key is known already: so v is not looked at here either.
    private static Span<byte> WithOtherV(Span<byte> signature)
    {
        signature[64] = (byte)(signature[64] ^ 27 ^ 28);
        return signature;
    }

    /// <summary>Writes the 65 bytes r‖s‖v.</summary>
    public void CopyTo(Span<byte> destination)
    {
        _r.CopyTo(destination);
        _s.CopyTo(destination[32..]);
        destination[64] = _v;
    }

    /// <summary>The 65 bytes r‖s‖v.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    public override string ToString() => Hex.Format(ToArray());
}
