using System.Security.Cryptography;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>A participant's private key. It signs typed data only; it never shows the key in text form.</summary>
public sealed class Signer : IDisposable
{
    private readonly byte[] _privateKey;

    /// <summary>Takes a copy of a 32-byte private key. Throws <see cref="ArgumentException"/> when it is not a valid key.</summary>
    public Signer(ReadOnlySpan<byte> privateKey)
    {
        Span<byte> publicKey = stackalloc byte[64];
        Secp256k1.PublicKey(privateKey, publicKey);
        _privateKey = privateKey.ToArray();
        PublicKey = publicKey.ToArray();
        Address = Address.FromPublicKey(publicKey);
    }

    /// <summary>The signer's id.</summary>
    public Address Address { get; }

    /// <summary>The 64-byte public key x‖y.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Signs a message under a domain (EIP-712): the only way from unsigned to signed.</summary>
    public Signed<T> Sign<T>(T message, Eip712Domain domain)
        where T : ITypedData
    {
        ArgumentNullException.ThrowIfNull(domain);
        return new Signed<T>(message, SignDigest(domain.Digest(message)));
    }

    /// <summary>Signs a 32-byte digest.</summary>
    public Signature SignDigest(Hash32 digest)
    {
        Span<byte> hash = stackalloc byte[32];
        digest.CopyTo(hash);
        Span<byte> signature = stackalloc byte[Signature.Size];
        Secp256k1.SignRecoverable(hash, _privateKey, signature);
        return new Signature(signature);
    }

    /// <summary>Overwrites the key in memory.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_privateKey);

    /// <summary>The address, never the key.</summary>
    public override string ToString() => Address.ToString();
}
