using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ncn.Protocol.Cryptography;

/// <summary>The cipher of an HPKE suite, with its identifier (RFC 9180, section 7.3).</summary>
public enum HpkeAead
{
    /// <summary>AES-128-GCM; the RFC prints its test vectors for P-256 with this one.</summary>
    Aes128Gcm = 1,

    /// <summary>AES-256-GCM: what the network uses.</summary>
    Aes256Gcm = 2,
}

/// <summary>
/// Hybrid public key encryption (RFC 9180) in base mode with DHKEM(P-256, HKDF-SHA256) and HKDF-SHA256. Pure: the sender's ephemeral
/// key is handed in, and must be used once.
/// </summary>
/// <remarks>1. Encap or Decap (section 4.1). 2. The key schedule (section 5.1). 3. A context that seals or opens (section 5.2).</remarks>
public static class Hpke
{
    /// <summary>SetupBaseS.</summary>
    /// <param name="info">What the receiver must hand in too.</param>
    /// <param name="ephemeral">A fresh key: <see cref="HpkePrivateKey.Derive"/> of 32 random bytes.</param>
    public static HpkeSender SetUpSender(
        HpkePublicKey recipient, ReadOnlySpan<byte> info, HpkePrivateKey ephemeral, HpkeAead aead = HpkeAead.Aes256Gcm)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        ArgumentNullException.ThrowIfNull(ephemeral);
        var secret = ephemeral.SharedSecret(recipient, ephemeral.PublicKey, recipient); // 1
        return new HpkeSender(HpkeKeys.Schedule(secret, info, aead), ephemeral.PublicKey); // 2, 3
    }

    /// <summary>SetupBaseR. False when <paramref name="encapsulatedKey"/> is no point of the curve.</summary>
    public static bool TrySetUpReceiver(
        ReadOnlySpan<byte> encapsulatedKey, HpkePrivateKey recipient, ReadOnlySpan<byte> info, out HpkeReceiver receiver,
        HpkeAead aead = HpkeAead.Aes256Gcm)
    {
        ArgumentNullException.ThrowIfNull(recipient);
        receiver = null!;
        if (!HpkePublicKey.TryParse(encapsulatedKey, out var sender))
        {
            return false;
        }

        var secret = recipient.SharedSecret(sender, sender, recipient.PublicKey); // 1
        receiver = new HpkeReceiver(HpkeKeys.Schedule(secret, info, aead)); // 2, 3
        return true;
    }
}

/// <summary>What the key schedule gives (RFC 9180, section 5.1).</summary>
internal sealed record HpkeKeys(HpkeKdf Kdf, byte[] Key, byte[] BaseNonce, byte[] ExporterSecret)
{
    private const byte BaseMode = 0;
    private const ushort Kem = 0x0010;
    private const ushort HkdfSha256 = 0x0001;

    /// <summary>KeySchedule of the base mode; clears the shared secret.</summary>
    public static HpkeKeys Schedule(byte[] sharedSecret, ReadOnlySpan<byte> info, HpkeAead aead)
    {
        var keySize = aead switch
        {
            HpkeAead.Aes128Gcm => 16,
            HpkeAead.Aes256Gcm => 32,
            _ => throw new ArgumentOutOfRangeException(nameof(aead), aead, "Not an AEAD of this implementation."),
        };
        var kdf = new HpkeKdf(SuiteId(aead));
        byte[] context = [BaseMode, .. kdf.Extract([], "psk_id_hash"u8, []), .. kdf.Extract([], "info_hash"u8, info)];
        var secret = kdf.Extract(sharedSecret, "secret"u8, []);
        CryptographicOperations.ZeroMemory(sharedSecret);
        var keys = new HpkeKeys(
            kdf,
            kdf.Expand(secret, "key"u8, context, keySize),
            kdf.Expand(secret, "base_nonce"u8, context, HpkeContext.NonceSize),
            kdf.Expand(secret, "exp"u8, context, HpkeKdf.HashSize));
        CryptographicOperations.ZeroMemory(secret);
        return keys;
    }

    public void Clear()
    {
        CryptographicOperations.ZeroMemory(Key);
        CryptographicOperations.ZeroMemory(ExporterSecret);
    }

    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(HpkeKeys);

    private static byte[] SuiteId(HpkeAead aead)
    {
        var id = new byte[10];
        "HPKE"u8.CopyTo(id);
        BinaryPrimitives.WriteUInt16BigEndian(id.AsSpan(4), Kem);
        BinaryPrimitives.WriteUInt16BigEndian(id.AsSpan(6), HkdfSha256);
        BinaryPrimitives.WriteUInt16BigEndian(id.AsSpan(8), (ushort)aead);
        return id;
    }
}
