namespace Ncn.Protocol;

/// <summary>A validator says what follows from all blocks up to one and stands in no root of the ledger: the state of the verification.</summary>
/// <param name="Block">Hash of the final block.</param>
/// <param name="Digest">Of the state after it.</param>
public sealed record KeptDigest(Hash32 Block, Hash32 Digest) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("KeptDigest(bytes32 block,bytes32 digest)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(Block).Word(Digest).Hash();
}
