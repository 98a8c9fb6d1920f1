using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>What can happen to a validator. There is no time in it: timers are set by outputs and come back as inputs.</summary>
public abstract record ConsensusInput
{
    private ConsensusInput()
    {
    }

    /// <summary>Once, after <see cref="ConsensusState.Create"/> or <see cref="ConsensusState.Restore"/> (rule C1).</summary>
    public sealed record Started : ConsensusInput
    {
        /// <summary>The only one.</summary>
        public static Started Instance { get; } = new();
    }

    /// <summary>Another validator sent this; every signature in it has been checked against the set of the running epoch.</summary>
    public sealed record Received(ConsensusMessage Message) : ConsensusInput;

    /// <summary>A block that was wanted.</summary>
    public sealed record BlockReceived(Block Block) : ConsensusInput;

    /// <summary>A snapshot that was wanted.</summary>
    public sealed record SnapshotReceived(VerifiedSnapshot Snapshot) : ConsensusInput;

    /// <summary>The answer to <see cref="ConsensusOutput.Build"/>.</summary>
    public sealed record Built(ulong View, BlockContent Content) : ConsensusInput;

    /// <summary>The answer to <see cref="ConsensusOutput.Validate"/>. What cannot be judged yet, because the own view of the chain is behind, has no answer yet: false is for good (rule V3).</summary>
    public sealed record Validated(Hash32 BlockHash, bool IsValid) : ConsensusInput;

    /// <summary>A timer of <see cref="ConsensusOutput.SetTimer"/> has run out. One too many does no harm.</summary>
    public sealed record TimerFired(TimerToken Timer) : ConsensusInput;

    /// <summary>Whether operations wait for a block.</summary>
    public sealed record WorkAvailable(bool HasWork) : ConsensusInput;

    /// <summary>The signing guard has made the vote's row durable and has signed.</summary>
    public sealed record Signed(VerifiedVote Vote) : ConsensusInput;

    /// <summary>The signing guard has made the mark durable and has signed.</summary>
    public sealed record SignedCheckpoint(VerifiedCheckpoint Checkpoint) : ConsensusInput;

    /// <summary>The signing guard has refused: its rows know of something that the core does not. Nothing is signed any more (rule C3).</summary>
    public sealed record SignRefused(string Reason) : ConsensusInput;

    /// <summary>Every <see cref="ConsensusOutput.Persist"/> up to this number is durable.</summary>
    public sealed record Persisted(ulong Sequence) : ConsensusInput;

    /// <summary>How the running epoch ended (rule A4).</summary>
    public sealed record EpochProofReceived(VerifiedEpochProof Proof) : ConsensusInput;

    /// <summary>Somebody signed in a later epoch: the running one has ended without this node (rule P3).</summary>
    public sealed record LaterEpochSeen : ConsensusInput
    {
        /// <summary>The only one.</summary>
        public static LaterEpochSeen Instance { get; } = new();
    }

    /// <summary>The next epoch, after <see cref="ConsensusOutput.EpochClosed"/>: its anchor is the last block of the closed one (rule P2).</summary>
    public sealed record EpochOpened(EpochSettings Epoch) : ConsensusInput;
}

/// <summary>Which timer of which view.</summary>
public readonly record struct TimerToken(TimerKind Kind, ulong Epoch, ulong View);

/// <summary>The timers of a view (rule V1).</summary>
public enum TimerKind
{
    /// <summary>T1: the leader's proposal is overdue.</summary>
    Leader,

    /// <summary>T2: the view's certificate is overdue.</summary>
    View,

    /// <summary>T3: send again what may have been lost.</summary>
    Resend,

    /// <summary>A leader without operations has waited long enough.</summary>
    Idle,
}
