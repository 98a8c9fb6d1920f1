namespace Ncn.Protocol;

/// <summary>The three kinds of vote of the consensus protocol.</summary>
public enum VoteKind
{
    Notarize = 1,
    Nullify = 2,
    Finalize = 3,
}

/// <summary>A validator's vote. The block hash is zero exactly when the kind is <see cref="VoteKind.Nullify"/>.</summary>
public sealed record Vote(VoteKind Kind, ulong Epoch, ulong View, Hash32 BlockHash) : ITypedData
{
    private static readonly Hash32 TypeHash =
        TypedDataEncoder.TypeHash("Vote(uint8 kind,uint64 epoch,uint64 view,bytes32 blockHash)");

    public Hash32 StructHash() =>
        new TypedDataEncoder(TypeHash).Number((byte)Kind).Number(Epoch).Number(View).Word(BlockHash).Hash();
}

/// <summary>A validator's statement, for the chain, of the ledger's state at a height.</summary>
public sealed record Checkpoint(
    ulong Epoch, ulong Height, Hash32 BlockHash, Hash32 StateRoot, Hash32 ReceiptsRoot, Hash32 RewardsRoot, Hash32 NextSetHash) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "Checkpoint(uint64 epoch,uint64 height,bytes32 blockHash,bytes32 stateRoot,bytes32 receiptsRoot,bytes32 rewardsRoot,bytes32 nextSetHash)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Number(Epoch).Number(Height).Word(BlockHash).Word(StateRoot).Word(ReceiptsRoot).Word(RewardsRoot).Word(NextSetHash).Hash();
}

/// <summary>A consensus key's word that it votes for an operator (IConsensus.setConsensusKey); of the domain NCN, unlike everything else that the key signs.</summary>
/// <param name="SubnetId">Where it votes.</param>
/// <param name="Operator">Whose stake answers for its votes; the key belongs to it for ever.</param>
public sealed record ConsensusKey(SubnetId SubnetId, Address Operator) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("ConsensusKey(uint256 subnetId,address operator)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Number(SubnetId.Value).Address(Operator).Hash();
}
