namespace Ncn.Protocol;

/// <summary>Proves to the other end of a connection between validators whose end this is. The two ends sign each other's fresh challenge.</summary>
/// <param name="From">Who proves itself: the key that signs.</param>
/// <param name="To">To whom: it proves nothing to anybody else.</param>
/// <param name="Network">Salt of the vote domain.</param>
/// <param name="Challenge">What the other end has drawn for this connection.</param>
/// <param name="Nonce">What this end has drawn for it.</param>
public sealed record LinkProof(Address From, Address To, Hash32 Network, Hash32 Challenge, Hash32 Nonce) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("LinkProof(address from,address to,bytes32 network,bytes32 challenge,bytes32 nonce)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(From).Address(To).Word(Network).Word(Challenge).Word(Nonce).Hash();
}
