namespace Ncn.Protocol;

/// <summary>
/// A participant says that a TLS key is its own, so that a connection needs no certificate authority: whoever speaks with this key
/// speaks for <paramref name="Identity"/>. The same idea as libp2p's TLS handshake, with an EIP-712 signature.
/// </summary>
/// <param name="Identity">Who vouches for the key.</param>
/// <param name="PublicKeyHash">keccak-256 of the key's SubjectPublicKeyInfo (RFC 5280, section 4.1), DER.</param>
/// <param name="ExpiresAt">Unix milliseconds; the statement counts for nothing afterwards.</param>
public sealed record TransportKey(Address Identity, Hash32 PublicKeyHash, ulong ExpiresAt) : ITypedData
{
    private static readonly Hash32 TypeHash =
        TypedDataEncoder.TypeHash("TransportKey(address identity,bytes32 publicKeyHash,uint64 expiresAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Identity).Word(PublicKeyHash).Number(ExpiresAt).Hash();
}
