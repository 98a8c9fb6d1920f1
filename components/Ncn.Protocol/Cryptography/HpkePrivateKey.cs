using System.Security.Cryptography;

namespace Ncn.Protocol.Cryptography;

/// <summary>A private key of DHKEM(P-256, HKDF-SHA256). It agrees on secrets and never shows itself.</summary>
public sealed class HpkePrivateKey : IDisposable
{
    /// <summary>Bytes of a serialised key (Nsk), and the least that a key may be derived from.</summary>
    public const int Size = 32;

    private const int MaxCandidates = 256;

    private static readonly HpkeKdf Kdf = new([.. "KEM"u8, 0x00, 0x10]);
    private static readonly byte[] Order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    private readonly ECDiffieHellman _key;

    /// <summary>Takes a scalar of 32 bytes, big-endian. Throws <see cref="ArgumentException"/> when it is 0, or not below the group's order.</summary>
    public HpkePrivateKey(ReadOnlySpan<byte> scalar)
    {
        if (!IsScalar(scalar))
        {
            throw new ArgumentException("A P-256 private key has 32 bytes, is not 0 and lies below the group's order.", nameof(scalar));
        }

        var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar.ToArray() };
        _key = ECDiffieHellman.Create(parameters);
        CryptographicOperations.ZeroMemory(parameters.D);
        PublicKey = HpkePublicKey.FromPoint(_key.ExportParameters(includePrivateParameters: false).Q);
    }

    /// <summary>The key's other half.</summary>
    public HpkePublicKey PublicKey { get; }

    /// <summary>DeriveKeyPair (RFC 9180, section 7.1.3). With 32 random bytes it is GenerateKeyPair.</summary>
    /// <param name="keyMaterial">Secret bytes of at least 32 bytes' entropy.</param>
    public static HpkePrivateKey Derive(ReadOnlySpan<byte> keyMaterial)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keyMaterial.Length, Size, nameof(keyMaterial));
        var extracted = Kdf.Extract([], "dkp_prk"u8, keyMaterial);
        for (var counter = 0; counter < MaxCandidates; counter++)
        {
            var candidate = Kdf.Expand(extracted, "candidate"u8, [(byte)counter], Size);
            if (IsScalar(candidate))
            {
                var key = new HpkePrivateKey(candidate);
                CryptographicOperations.ZeroMemory(candidate);
                CryptographicOperations.ZeroMemory(extracted);
                return key;
            }
        }

        throw new CryptographicException("No P-256 key follows from this key material; draw other material.");
    }

    public void Dispose() => _key.Dispose();

    /// <summary>The public half, never the key.</summary>
    public override string ToString() => PublicKey.ToString();

    /// <summary>Encap with this as the ephemeral key, and Decap, agree on this (RFC 9180, section 4.1).</summary>
    /// <param name="encapsulated">The ephemeral public key, which is what travels.</param>
    /// <param name="recipient">The public key that the request is for.</param>
    internal byte[] SharedSecret(HpkePublicKey other, HpkePublicKey encapsulated, HpkePublicKey recipient)
    {
        using var theirs = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = other.ToPoint() });
        using var theirPublicKey = theirs.PublicKey;
        var agreed = _key.DeriveRawSecretAgreement(theirPublicKey);
        var extracted = Kdf.Extract([], "eae_prk"u8, agreed);
        var secret = Kdf.Expand(extracted, "shared_secret"u8, [.. encapsulated.Span, .. recipient.Span], HpkeKdf.HashSize);
        CryptographicOperations.ZeroMemory(agreed);
        CryptographicOperations.ZeroMemory(extracted);
        return secret;
    }

    private static bool IsScalar(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != Size || scalar.IndexOfAnyExcept((byte)0) < 0)
        {
            return false;
        }

        return scalar.SequenceCompareTo(Order) < 0;
    }
}
