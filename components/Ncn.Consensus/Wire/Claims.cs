using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>A vote as it travels: nobody has checked the signature, nor that it is this member's.</summary>
/// <param name="Signer">Whose it says it is: a place in the epoch's set.</param>
public readonly record struct ClaimedVote(Vote Vote, int Signer, Signature Signature)
{
    /// <summary>As it travels.</summary>
    public static ClaimedVote Of(VerifiedVote vote)
    {
        ArgumentNullException.ThrowIfNull(vote);
        return new ClaimedVote(vote.Vote, vote.Signer, vote.Signature);
    }
}

/// <summary>A checkpoint's signature as it travels.</summary>
/// <param name="Signer">Whose it says it is: a place in the set of the checkpoint's epoch.</param>
public readonly record struct ClaimedCheckpoint(Checkpoint Checkpoint, int Signer, Signature Signature);

/// <summary>An operation as it travels. An observation has no signature: all zero.</summary>
public readonly record struct ClaimedOperation(Operation Operation, Signature Signature)
{
    /// <summary>As it travels.</summary>
    public static ClaimedOperation Of(SignedOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return new ClaimedOperation(operation.Operation, operation.Signature);
    }
}

/// <summary>A block as it travels: whether the header is of these operations, and whether their authors signed them, is open.</summary>
public sealed record ClaimedBlock(BlockHeader Header, ImmutableArray<ClaimedOperation> Operations)
{
    /// <summary>As it travels.</summary>
    public static ClaimedBlock Of(Block block)
    {
        ArgumentNullException.ThrowIfNull(block);
        return new ClaimedBlock(block.Header, [.. block.Operations.Select(ClaimedOperation.Of)]);
    }

    /// <summary>For who knows that everything in it is good: it was checked before it was written to the own disk. Null when the header is not of these operations.</summary>
    public Block? Trust() => Block.Of(Header, [.. Operations.Select(static claimed => SignedOperation.Trust(claimed.Operation, claimed.Signature))]);
}
