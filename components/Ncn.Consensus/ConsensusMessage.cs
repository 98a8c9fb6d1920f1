using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>What validators send each other. What comes in has been checked by the <c>Read</c> methods of its parts.</summary>
public abstract record ConsensusMessage
{
    private ConsensusMessage()
    {
    }

    /// <summary>A vote, by its signer.</summary>
    public sealed record Ballot(VerifiedVote Vote) : ConsensusMessage;

    /// <summary>Votes that the sender was given by others (rules V12 and E0).</summary>
    public sealed record Relayed(ImmutableArray<VerifiedVote> Votes) : ConsensusMessage;

    /// <summary>A certificate.</summary>
    public sealed record Certified(VerifiedCertificate Certificate) : ConsensusMessage;

    /// <summary>A leader's block.</summary>
    public sealed record Proposed(Proposal Proposal) : ConsensusMessage;

    /// <summary>A validator's signature under a checkpoint.</summary>
    public sealed record CheckpointSigned(VerifiedCheckpoint Checkpoint) : ConsensusMessage;
}

/// <summary>What a node lacks. Anybody who has it may answer, since it proves itself; the shell asks peers in turn and answers others from its own disk.</summary>
public abstract record Wanted
{
    private Wanted()
    {
    }

    /// <summary>The block with this hash; its ancestors down to a height are welcome too. Answered by <see cref="ConsensusInput.BlockReceived"/>.</summary>
    public sealed record OfBlock(Hash32 Hash, ulong DownToHeight) : Wanted;

    /// <summary>Any certificate of the view other than a Finalization alone. Answered by <see cref="ConsensusMessage.Certified"/>.</summary>
    public sealed record OfView(ulong View) : Wanted;

    /// <summary>A snapshot of the ledger above this height. Answered by <see cref="ConsensusInput.SnapshotReceived"/>.</summary>
    public sealed record OfLedger(ulong AboveHeight) : Wanted;

    /// <summary>How the epoch ended. Answered by <see cref="ConsensusInput.EpochProofReceived"/>.</summary>
    public sealed record OfEpoch(ulong Epoch) : Wanted;
}
