using System.Collections.Immutable;
using Ncn.Consensus.Rules;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>All that a validator knows about the running epoch. It is in memory; what must survive a crash goes out as rows.</summary>
public sealed record ConsensusState
{
    internal ConsensusState(EpochSettings epoch, SignGuard guard, BlockTree tree, ConsensusLimits limits) => (Epoch, Guard, Tree, Limits) = (epoch, guard, tree, limits);

    public EpochSettings Epoch { get; internal init; }

    /// <summary>What the own key has signed.</summary>
    public SignGuard Guard { get; internal init; }

    /// <summary>v: the view that this node is in, from 1; 0 before <see cref="ConsensusInput.Started"/>.</summary>
    public ulong View { get; internal init; }

    /// <summary>F: the highest view with a Finalization; null before the first.</summary>
    public VerifiedCertificate? Final { get; internal init; }

    /// <summary>The last block that was delivered, or the epoch's anchor.</summary>
    public Ancestor Delivered => Tree.Root;

    /// <summary>Rules V11, C3: nothing is signed any more. Null while all is well.</summary>
    public string? HaltReason { get; internal init; }

    /// <summary>The EpochEnd block, once it was delivered: nothing is voted for until the next epoch opens. Null before.</summary>
    public Ancestor? End { get; internal init; }

    /// <summary>Members that were caught at signing what excludes each other in this epoch.</summary>
    public SignerBits Accused { get; internal init; }

    internal ConsensusLimits Limits { get; init; }

    internal BlockTree Tree { get; init; }

    /// <summary>By view: from <see cref="ConsensusLimits.PastViews"/> behind F to <see cref="ConsensusLimits.FutureViews"/> ahead of v.</summary>
    internal ImmutableSortedDictionary<ulong, ViewVotes> Votes { get; init; } = ImmutableSortedDictionary<ulong, ViewVotes>.Empty;

    /// <summary>Of views from F on.</summary>
    internal ImmutableSortedDictionary<ulong, ViewCertificates> Certificates { get; init; } = ImmutableSortedDictionary<ulong, ViewCertificates>.Empty;

    /// <summary>What became of the last views up to F.</summary>
    internal ImmutableSortedDictionary<ulong, ViewOutcome> Past { get; init; } = ImmutableSortedDictionary<ulong, ViewOutcome>.Empty;

    /// <summary>The last epochs before this one, by number, for evidence alone (rule E0).</summary>
    internal ImmutableSortedDictionary<ulong, EarlierEpoch> Earlier { get; init; } = ImmutableSortedDictionary<ulong, EarlierEpoch>.Empty;

    /// <summary>This view's proposal: what came first (rule V3).</summary>
    internal Proposal? Proposal { get; init; }

    /// <summary>The own turn, while it lasts.</summary>
    internal LeaderTurn Turn { get; init; }

    /// <summary>What may only be done when earlier rows are durable.</summary>
    internal Durability Durability { get; init; } = Durability.Initial;

    internal OpenCheckpoints Checkpoints { get; init; } = OpenCheckpoints.None;

    internal bool HasWork { get; init; }

    /// <summary>Resends in this view: each waits twice as long.</summary>
    internal int Resends { get; init; }

    /// <summary>Members that were told in this view that they are behind (rule V12).</summary>
    internal SignerBits Told { get; init; }

    /// <summary>What was asked for and is not there yet; asked again with every resend.</summary>
    internal ImmutableHashSet<Wanted> Asked { get; init; } = [];

    internal ulong FinalView => Final?.View ?? 0;

    internal Hash32 FinalHash => Final?.BlockHash ?? Epoch.Anchor.Hash;

    /// <summary>Whether the own key votes.</summary>
    internal bool IsVoting => Epoch.Own is not null && HaltReason is null && End is null;

    internal ViewVotes VotesOf(ulong view) => Votes.GetValueOrDefault(view) ?? ViewVotes.None;

    internal ViewCertificates CertificatesOf(ulong view) => Certificates.GetValueOrDefault(view) ?? ViewCertificates.None;

    /// <summary>A validator with a new key, or one that begins an epoch with the rows that its guard has.</summary>
    public static ConsensusState Create(EpochSettings epoch, SignGuard guard, ConsensusLimits limits) => Restore(epoch, guard, [], [], null, limits);

    /// <summary>
    /// After a crash, with the disk intact (rule C1). With any doubt about the guard's file the key must not be used again: rule C4, a new
    /// key at the next snapshot.
    /// </summary>
    /// <param name="guard">As the signing guard has it.</param>
    /// <param name="certificates">All durable ones of this epoch.</param>
    /// <param name="blocks">All durable ones of this epoch above <paramref name="delivered"/>.</param>
    /// <param name="delivered">The block that the shell's ledger stands at; null for the epoch's anchor.</param>
    /// <param name="closed">Earlier epochs whose ends the chain is not known to have: those after <see cref="LedgerReading.AcknowledgedEpoch"/> of the shell's ledger. Their last checkpoints may need this key's signature again.</param>
    public static ConsensusState Restore(
        EpochSettings epoch, SignGuard guard, IEnumerable<VerifiedCertificate> certificates, IEnumerable<Block> blocks, Ancestor? delivered, ConsensusLimits limits,
        IEnumerable<ClosedEpoch>? closed = null)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(guard);
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentNullException.ThrowIfNull(blocks);
        var tree = blocks.OrderBy(static block => block.View).Aggregate(BlockTree.Of(delivered ?? epoch.Anchor), static (tree, block) => tree.With(block));
        return Restart.Load(new ConsensusState(epoch, guard.ForEpoch(epoch.Number), tree, limits), certificates, closed ?? []);
    }
}

/// <summary>The own turn to lead.</summary>
/// <param name="IsAsked">The content was asked for.</param>
/// <param name="HasWaited">Long enough for operations or for finality.</param>
/// <param name="Parent">What the content was asked for on.</param>
internal readonly record struct LeaderTurn(bool IsAsked, bool HasWaited, Ancestor? Parent);

/// <summary>The certificates of one view (rule B3); both a Notarization and a Nullification is legal (rule V6).</summary>
internal sealed record ViewCertificates(VerifiedCertificate? Notarization, VerifiedCertificate? Nullification, VerifiedCertificate? Finalization)
{
    internal static ViewCertificates None { get; } = new(null, null, null);

    internal IEnumerable<VerifiedCertificate> All => new[] { Notarization, Nullification, Finalization }.OfType<VerifiedCertificate>();

    /// <summary>Whether the view's block is certified.</summary>
    internal Hash32? Certified => Finalization?.BlockHash ?? Notarization?.BlockHash;

    internal VerifiedCertificate? Of(VoteKind kind) => kind switch
    {
        VoteKind.Notarize => Notarization,
        VoteKind.Nullify => Nullification,
        _ => Finalization,
    };

    internal ViewCertificates With(VerifiedCertificate certificate) => certificate.Kind switch
    {
        VoteKind.Notarize => this with { Notarization = certificate },
        VoteKind.Nullify => this with { Nullification = certificate },
        _ => this with { Finalization = certificate },
    };
}

/// <summary>What became of a view up to F.</summary>
/// <param name="BlockHash">Of the final chain's block in it; zero when the final chain skips it.</param>
/// <param name="IsFinal">It has a Finalization of its own.</param>
internal readonly record struct ViewOutcome(Hash32 BlockHash, bool IsFinal)
{
    /// <summary>A vote for the final chain's block; a Nullify of a view that it skips.</summary>
    internal bool Fits(Vote vote) => vote.BlockHash == BlockHash;
}

/// <summary>What waits for the disk (rule C2).</summary>
/// <param name="Written">Number of the last <see cref="ConsensusOutput.Persist"/>.</param>
/// <param name="Confirmed">Everything up to this number is durable.</param>
/// <param name="Held">Outputs, and the number that each waits for, ascending.</param>
/// <param name="Signing">Votes that the guard was asked for, and the number that the sending of each waits for.</param>
/// <param name="Signed">Signed votes that wait, ascending by number.</param>
internal sealed record Durability(
    ulong Written, ulong Confirmed, ImmutableList<(ulong After, ConsensusOutput Output)> Held,
    ImmutableDictionary<Vote, ulong> Signing, ImmutableList<(ulong After, VerifiedVote Vote)> Signed)
{
    internal static Durability Initial { get; } = new(0, 0, [], ImmutableDictionary<Vote, ulong>.Empty, []);
}
