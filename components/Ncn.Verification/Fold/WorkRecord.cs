using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>How a node or a gateway has done.</summary>
/// <param name="Test">The sequential test.</param>
/// <param name="Passes">Passed checks since the last failed one.</param>
/// <param name="Checked">All decided checks.</param>
/// <param name="Failed">All failed ones.</param>
/// <param name="Sentence">Suspended or Slashed; null for neither.</param>
/// <param name="SentencedAt">The epoch of that.</param>
/// <param name="FaultEpoch">The epoch of the last failed check: no rewards in it; 0 for none.</param>
/// <param name="LastPeriod">Of a gateway, its last commitment's; of a node, the period when it was last seen.</param>
/// <param name="Committed">Of a gateway: receipts that it has committed to.</param>
/// <param name="Taken">What was taken by the failed checks that no penalty counts yet: each stands for price · 1,000,000 / rate. Atomic units.</param>
/// <param name="Faults">The cases of those, the newest <see cref="MostFaults"/>.</param>
/// <param name="Models">Of a node: passed checks in a row, by model; at most <see cref="MostModels"/>.</param>
public sealed record WorkRecord(
    SequentialTest Test, ulong Passes, ulong Checked, ulong Failed, StandingStatus? Sentence, ulong SentencedAt, ulong FaultEpoch, ulong LastPeriod,
    ulong Committed, UInt128 Taken, ImmutableArray<Hash32> Faults, ImmutableSortedDictionary<Hash32, ulong> Models)
{
    /// <summary>Most faults that are kept.</summary>
    public const int MostFaults = 8;

    /// <summary>Most models of a node.</summary>
    public const int MostModels = 16;

    /// <summary>Nothing known.</summary>
    public static WorkRecord None { get; } = new(default, 0, 0, 0, null, 0, 0, 0, 0, 0, [], ImmutableSortedDictionary<Hash32, ulong>.Empty);

    /// <summary>What it has come to.</summary>
    public StandingStatus StatusUnder(VerificationRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return Sentence ?? (Passes >= rules.VerifiedFrom ? StandingStatus.Good : StandingStatus.New);
    }

    /// <summary>Models with enough passed checks in a row, ascending.</summary>
    public IEnumerable<ModelDigest> VerifiedUnder(VerificationRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return Sentence is null ? Models.Where(model => model.Value >= rules.VerifiedFrom).Select(static model => new ModelDigest(model.Key)) : [];
    }
}

/// <summary>What a validator did in the epoch.</summary>
/// <param name="Done">Verdicts that were owed and given, and that nobody refuted.</param>
/// <param name="Missed">Silent.</param>
/// <param name="Contradicted">Refuted by more than two thirds of the stake, or called a plant what was none.</param>
/// <param name="PlantsPassed">Passed what was false on purpose.</param>
public sealed record DutyRecord(ulong Done, ulong Missed, ulong Contradicted, ulong PlantsPassed)
{
    /// <summary>Nothing done.</summary>
    public static DutyRecord None { get; } = new(0, 0, 0, 0);

    /// <summary>What its share of the rewards is reckoned by: what was done, less what was missed at its cost; never below 0.</summary>
    public ulong Points(VerificationRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var cost = ((UInt128)rules.MissCost * (Missed + Contradicted)) + ((UInt128)rules.PlantCost * PlantsPassed);
        return Done > cost ? Done - (ulong)cost : 0;
    }
}

/// <summary>A gateway's receipts of a period.</summary>
/// <param name="At">When it came, by <see cref="VerificationState.Clock"/>.</param>
/// <param name="Height">Of its block.</param>
/// <param name="Beacon">Zero until it is drawn.</param>
/// <param name="DrawnAt">When it was drawn.</param>
/// <param name="Seen">Indices that were presented.</param>
/// <param name="Open">Cases that are not decided.</param>
/// <param name="IsVoid">Evidence was withheld: it earns the gateway nothing.</param>
/// <param name="Work">By node: what its passed checks stand for.</param>
public sealed record Commitment(
    Hash32 Root, uint Count, TokenAmount Total, ulong At, ulong Height, Hash32 Beacon, ulong DrawnAt, ImmutableSortedSet<uint> Seen, uint Open,
    bool IsVoid, ImmutableSortedDictionary<Address, UInt128> Work)
{
    /// <summary>The sample is fixed.</summary>
    public bool IsDrawn => !Beacon.IsZero;
}

/// <summary>Which commitment.</summary>
public readonly record struct CommitmentKey(Address Gateway, ulong Period) : IComparable<CommitmentKey>
{
    public int CompareTo(CommitmentKey other) => Gateway.CompareTo(other.Gateway) is not 0 and var order ? order : Period.CompareTo(other.Period);

    public static bool operator <(CommitmentKey left, CommitmentKey right) => left.CompareTo(right) < 0;

    public static bool operator >(CommitmentKey left, CommitmentKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(CommitmentKey left, CommitmentKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CommitmentKey left, CommitmentKey right) => left.CompareTo(right) >= 0;
}

/// <summary>Whose work through whom.</summary>
public readonly record struct WorkKey(Address Gateway, Address Node) : IComparable<WorkKey>
{
    public int CompareTo(WorkKey other) => Gateway.CompareTo(other.Gateway) is not 0 and var order ? order : Node.CompareTo(other.Node);

    public static bool operator <(WorkKey left, WorkKey right) => left.CompareTo(right) < 0;

    public static bool operator >(WorkKey left, WorkKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(WorkKey left, WorkKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(WorkKey left, WorkKey right) => left.CompareTo(right) >= 0;
}

/// <summary>Verified work of the epoch, in atomic units of the price that was paid for it.</summary>
/// <param name="OfNode">What counts for the node.</param>
/// <param name="OfGateway">What counts for the gateway: of commitments whose evidence it showed.</param>
public readonly record struct Work(UInt128 OfNode, UInt128 OfGateway);
