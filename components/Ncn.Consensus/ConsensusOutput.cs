using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>
/// What the shell is to do after a step, in this order. The order law (rule C2) is the core's: what depends on durable rows comes out only
/// after the <see cref="ConsensusInput.Persisted"/> of those rows, so a shell may carry out everything at once.
/// </summary>
public abstract record ConsensusOutput
{
    private ConsensusOutput()
    {
    }

    /// <summary>Append these rows, sync, and confirm by <see cref="ConsensusInput.Persisted"/>. Steps may be put into one sync; numbers rise by one.</summary>
    public sealed record Persist(ulong Sequence, ImmutableArray<DurableRow> Rows) : ConsensusOutput
    {
        /// <summary>
        /// Only the own ledger waits for these, no vote: a Finalization follows from what others have on their disks. They may go into the next sync,
        /// if it comes within milliseconds; what comes out after them waits so long.
        /// </summary>
        public bool CanWait => Rows.All(static row => row is DurableRow.OfCertificate { Certificate.Kind: VoteKind.Finalize });
    }

    /// <summary>
    /// Have the vote signed by the guard: it compares the view's row with its own (<see cref="SignGuard.Allows(Vote)"/>), writes the new row,
    /// syncs, signs. It may do so while a <see cref="Persist"/> is still under way. Answered by <see cref="ConsensusInput.Signed"/> or <see cref="ConsensusInput.SignRefused"/>.
    /// </summary>
    public sealed record Sign(Vote Vote) : ConsensusOutput;

    /// <summary>The same for a checkpoint (<see cref="SignGuard.Allows(Checkpoint)"/>). Answered by <see cref="ConsensusInput.SignedCheckpoint"/>.</summary>
    /// <param name="Signer">The own place in the set of the checkpoint's epoch, which may be an earlier one than that which runs when it is signed.</param>
    public sealed record SignCheckpoint(Checkpoint Checkpoint, int Signer) : ConsensusOutput;

    /// <summary>The guard raises its floor and may forget rows at or below it, in one durable write at any later time.</summary>
    public sealed record RaiseFloor(ulong Epoch, ulong Floor) : ConsensusOutput;

    /// <summary>Send, to one member or to all others.</summary>
    /// <param name="To">Its place in the set; null for everybody.</param>
    public sealed record Send(int? To, ConsensusMessage Message) : ConsensusOutput;

    /// <summary>Ask others for what is missing. It comes again with every <see cref="TimerKind.Resend"/> until it is there.</summary>
    /// <param name="Holders">Who should have it; empty when nobody is known to.</param>
    public sealed record Fetch(Wanted What, SignerBits Holders) : ConsensusOutput;

    /// <summary>Make a block's content on this parent; answered by <see cref="ConsensusInput.Built"/>. No answer is a missed turn.</summary>
    public sealed record Build(ulong View, Ancestor Parent, BlockKind Kind, ulong Height) : ConsensusOutput;

    /// <summary>Execute the block on its parent, which was executed, and compare; answered by <see cref="ConsensusInput.Validated"/>.</summary>
    public sealed record Validate(Block Block) : ConsensusOutput;

    /// <summary>Set a timer; those of earlier views are of no use any more.</summary>
    public sealed record SetTimer(TimerToken Timer, ulong Milliseconds) : ConsensusOutput;

    /// <summary>
    /// The block is final, and nothing that may happen to any disk changes it: a quorum's Finalize votes, and all that they stand on, were durable
    /// where they were given before they left (rule C2). Whoever waits for an operation in it can be told. The ledger does not move yet:
    /// <see cref="Deliver"/> follows when the own rows are durable; a crash before that makes both come again.
    /// </summary>
    public sealed record Decided(Block Block) : ConsensusOutput;

    /// <summary>The block is final: the next of the ledger. The shell keeps its state from now on, and what was executed beside it is void.</summary>
    public sealed record Deliver(Block Block) : ConsensusOutput;

    /// <summary>The ledger goes on from this snapshot; blocks between are left out.</summary>
    public sealed record Restore(VerifiedSnapshot Snapshot) : ConsensusOutput;

    /// <summary>Somebody can be slashed; once for each signer and epoch. The shell keeps it, durably, until the chain has it or will never take it.</summary>
    /// <param name="Key">Whose signatures they are: the epoch may be over, and its set another one than that which runs.</param>
    public sealed record Accuse(Evidence Evidence, Address Key) : ConsensusOutput;

    /// <summary>
    /// A checkpoint that the chain will accept, after those of the epochs before. It is kept, durably and before what comes after it is carried
    /// out, until the chain has it or a later one of its epoch: others may never hear of it again. Anybody may submit it.
    /// </summary>
    /// <param name="Signatures">By the signers' places.</param>
    public sealed record SubmitCheckpoint(Checkpoint Checkpoint, ImmutableSortedDictionary<int, Signature> Signatures) : ConsensusOutput;

    /// <summary>The epoch is over and durable. The shell keeps the proof for late ones, and gives <see cref="ConsensusInput.EpochOpened"/> with the set of this hash.</summary>
    public sealed record EpochClosed(VerifiedEpochProof Proof, Hash32 NextSet) : ConsensusOutput;

    /// <summary>The rules that everything stands on were broken, by others or by a lost guard: nothing is signed any more, everything is still served (rules V11 and C3).</summary>
    public sealed record SafetyHalt(string Reason) : ConsensusOutput;
}

/// <summary>What must survive a crash (section 2.4), beside the guard's own file. Nothing is removed by the core: the shell may forget what is below the evidence window.</summary>
public abstract record DurableRow
{
    private DurableRow()
    {
    }

    /// <summary>D6: a block that was notarized here, is certified, or is final.</summary>
    public sealed record OfBlock(Block Block) : DurableRow;

    /// <summary>D7: a certificate.</summary>
    public sealed record OfCertificate(VerifiedCertificate Certificate) : DurableRow;

    /// <summary>D8: how an epoch ended.</summary>
    public sealed record OfEpoch(VerifiedEpochProof Proof) : DurableRow;
}
