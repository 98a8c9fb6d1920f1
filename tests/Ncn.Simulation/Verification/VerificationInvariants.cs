using System.Reflection;
using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>A block that an honest validator has taken in.</summary>
internal sealed record Taken(string Who, VerificationState Before, DeliveredBlock Block, VerificationState After, IReadOnlyList<VerificationOutput> Outputs)
{
    /// <summary>Cases that ended with it.</summary>
    internal IEnumerable<VerificationOutput.CaseDecided> Decided => Outputs.OfType<VerificationOutput.CaseDecided>();
}

/// <summary>What must hold of the verification at every honest validator, and of all of them together.</summary>
internal sealed class VerificationInvariants(WorkWorld work)
{
    internal const string OneFold = "all honest validators have one fold at a height";
    internal const string HonestNotPunished = "no honest node or gateway is punished";
    internal const string CheatersCaught = "who cheats is out within its samples";
    internal const string RewardsWithinFees = "rewards are at most what came in";
    internal const string PenaltyOnce = "a penalty is decided once";
    internal const string PlantExcuses = "a plant excuses its node";
    internal const string ExcusePaid = "who opens a plant pays for it";
    internal const string PlantPassedUnpaid = "who passed a plant has no duty reward";
    internal const string ProbeNoBetter = "a probe makes no record better";
    internal const string AuditLoser = "an audit is lost by who was wrong";
    internal const string FallsWithFaults = "a penalty falls with its faults";
    internal const string MoneyConserved = "what came in is somewhere, once";
    internal const string PaidCameIn = "what is paid out came in";

    /// <summary>Checks after which a node that cheats in a quarter of its work or more must be out.</summary>
    private const ulong Samples = 60;

    private const ulong CompareEvery = 3;
    private readonly Dictionary<ulong, Hash32> _folds = [];
    private readonly HashSet<Hash32> _audited = [];
    private readonly ProbeChecks _probes = new();
    private readonly AuditChecks _audits = new(work);

    /// <summary>Every one.</summary>
    internal static IReadOnlyList<string> All { get; } =
        [.. typeof(VerificationInvariants).GetFields(BindingFlags.NonPublic | BindingFlags.Static).Where(static field => field is { IsLiteral: true, FieldType.Name: "String" }).Select(static field => (string)field.GetRawConstantValue()!)];

    /// <summary>Receipts that were decided, at the validator that has seen most.</summary>
    internal ulong Decided { get; private set; }

    /// <summary>What else happened, each counted once.</summary>
    internal Happened Happened { get; } = new();

    /// <summary>An honest validator has taken a block in.</summary>
    internal void Delivered(Taken taken)
    {
        var (who, state) = (taken.Who, taken.After);
        if (state.Height % CompareEvery == 0)
        {
            var fold = state.Digest;
            Must.Hold(_folds.TryAdd(state.Height, fold) || _folds[state.Height] == fold, OneFold, () => $"{who} has another one at height {state.Height}");
        }

        _audited.UnionWith(taken.Decided.Where(static decided => decided.Case.Kind == CaseKind.Audit).Select(static decided => decided.Subject));
        foreach (var output in taken.Outputs)
        {
            Happened.Count(output);
            Check(taken, output);
        }

        var earned = state.Accounts.Values.Aggregate(TokenAmount.Zero, static (sum, amount) => sum + amount);
        Must.Hold(earned <= state.Received, RewardsWithinFees, () => $"{who}: {earned} earned, {state.Received} received");
        var held = MoneyIn(state) + earned;
        Must.Hold(held == state.Received, MoneyConserved, () => $"{who}: {held} are in accounts, pots, credits and bonds, {state.Received} received");
        foreach (var (node, record) in state.Nodes)
        {
            Must.Hold(!work.IsCheating(node) || record.Sentence is not null || record.Checked < Samples, CheatersCaught, () => $"{who}: {node} was checked {record.Checked} times and failed {record.Failed}");
        }

        _probes.Check(taken);
        _audits.Check(taken);
        Decided = Math.Max(Decided, state.Nodes.Values.Aggregate(0UL, static (sum, record) => sum + record.Checked));
    }

    private void Check(Taken taken, VerificationOutput output)
    {
        switch (output)
        {
            case VerificationOutput.StatusChanged { Status: StandingStatus.Suspended or StandingStatus.Slashed } changed:
                Must.Hold(!work.IsHonest(changed.Who), HonestNotPunished, () => $"{taken.Who}: {changed.Role} {changed.Who} is {changed.Status}");
                break;
            case VerificationOutput.PenaltyDecided { Penalty: var penalty }:
                Must.Hold(!work.IsHonest(penalty.Operator) || IsOwedBond(taken, penalty), HonestNotPunished, () => $"{taken.Who}: {penalty}");
                var isNew = !taken.Before.Penalties.ContainsKey(penalty.Id) && taken.Outputs.OfType<VerificationOutput.PenaltyDecided>().Count(other => other.Penalty.Id == penalty.Id) == 1
                    && taken.Before.Penalties.Values.All(other => other.Operator != penalty.Operator || other.Role != penalty.Role || !other.Cases.Intersect(penalty.Cases).Except(_audited).Any()); // an audit's loser pays for it, and has a fault more
                Must.Hold(isNew, PenaltyOnce, () => $"{taken.Who}: {penalty}");
                break;
            default:
                break;
        }
    }

    // A gateway has its client's voucher over the bond of an audit that found nothing; what it had paid in for it may have gone back meanwhile.
    private static bool IsOwedBond(Taken taken, Penalty penalty) => penalty.Role == PenalizedRole.Gateway && taken.Decided.Any(decided => decided is { Case.Kind: CaseKind.Audit, Decision.Gateway: Judgement.Passed }
        && penalty.Cases.SequenceEqual([decided.Subject]) && taken.Before.Audits.GetValueOrDefault(new AuditKey(decided.Case.Gateway, decided.Case.Audit)) is { IsFunded: false } audit && penalty.Amount <= audit.Bond);

    private static TokenAmount MoneyIn(VerificationState state) => new[]
    {
        state.DutyPot, state.Reserve,
    }.Concat(state.Pots.Values.SelectMany(static pot => new[] { pot.ForNodes, pot.ForGateways })).Concat(state.Credits.Values.Select(static credit => credit.Amount))
        .Concat(state.Audits.Values.Where(static audit => audit is { IsFunded: true, Verdict: AuditVerdict.Open }).Select(static audit => audit.Bond))
        .Aggregate(TokenAmount.Zero, static (sum, amount) => sum + amount);
}

/// <summary>How often something happened, so that a run says what it tried.</summary>
internal sealed class Happened
{
    private readonly HashSet<Hash32> _seen = [];
    private readonly HashSet<Hash32> _pardoned = [];

    internal int Canaries { get; private set; }

    internal int Plants { get; private set; }

    internal int FalsePlants { get; private set; }

    internal int AuditsWon { get; private set; }

    internal int AuditsLost { get; private set; }

    internal int Penalties { get; private set; }

    internal int Pardons { get; private set; }

    internal void Count(VerificationOutput output)
    {
        switch (output)
        {
            case VerificationOutput.CaseDecided decided when _seen.Add(decided.Subject):
                var (kind, isOpened) = (decided.Case.Kind, !decided.Case.Planter.IsZero);
                Canaries += kind == CaseKind.Canary ? 1 : 0;
                Plants += decided.Decision.IsPlant ? 1 : 0;
                FalsePlants += isOpened && !decided.Decision.IsPlant ? 1 : 0;
                AuditsWon += kind == CaseKind.Audit && decided.Decision is { Node: not Judgement.Failed, Gateway: Judgement.Passed } ? 1 : 0;
                AuditsLost += kind == CaseKind.Audit && (decided.Decision.Node == Judgement.Failed || decided.Decision.Gateway == Judgement.Failed) ? 1 : 0;
                break;
            case VerificationOutput.PenaltyDecided decided when _seen.Add(decided.Penalty.Id):
                Penalties++;
                break;
            case VerificationOutput.PenaltyPardoned pardoned when _pardoned.Add(pardoned.Penalty):
                Pardons++;
                break;
            default:
                break;
        }
    }

    public override string ToString() =>
        $"{Canaries} canaries, {Plants} plants and {FalsePlants} false ones, audits: {AuditsWon} found nothing, {AuditsLost} a fault; {Penalties} penalties, {Pardons} pardons";
}
