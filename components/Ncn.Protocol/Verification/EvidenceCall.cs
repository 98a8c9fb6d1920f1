namespace Ncn.Protocol;

/// <summary>A validator asks a node for what it keeps of its own receipt, because a gateway does not show it.</summary>
/// <param name="Node">Who is asked, and signed the receipt.</param>
/// <param name="Validator">The consensus key of a member of the chain's current set; it signs.</param>
/// <param name="Receipt">The <see cref="ReceiptLeaf.Digest"/>.</param>
/// <param name="IssuedAt">Unix milliseconds; a node answers recent calls only.</param>
public sealed record EvidenceCall(Address Node, Address Validator, Hash32 Receipt, ulong IssuedAt) : ITypedData
{
    private static readonly Hash32 TypeHash =
        TypedDataEncoder.TypeHash("EvidenceCall(address node,address validator,bytes32 receipt,uint64 issuedAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Node).Address(Validator).Word(Receipt).Number(IssuedAt).Hash();
}
