using System.Reflection;
using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>What must hold of the verification at every honest validator, and of all of them together.</summary>
internal sealed class VerificationInvariants(WorkWorld work)
{
    internal const string OneFold = "all honest validators have one fold at a height";
    internal const string HonestNotPunished = "no honest node or gateway is punished";
    internal const string CheatersCaught = "who cheats is out within its samples";
    internal const string RewardsWithinFees = "rewards are at most what came in";
    internal const string PenaltyOnce = "a penalty is decided once";

    /// <summary>Checks after which a node that cheats in a quarter of its work or more must be out.</summary>
    private const ulong Samples = 60;

    private const ulong CompareEvery = 3;
    private readonly Dictionary<ulong, Hash32> _folds = [];

    /// <summary>Every one.</summary>
    internal static IReadOnlyList<string> All { get; } =
        [.. typeof(VerificationInvariants).GetFields(BindingFlags.NonPublic | BindingFlags.Static).Where(static field => field is { IsLiteral: true, FieldType.Name: "String" }).Select(static field => (string)field.GetRawConstantValue()!)];

    /// <summary>Receipts that were decided, at the validator that has seen most.</summary>
    internal ulong Decided { get; private set; }

    /// <summary>An honest validator has taken a block in.</summary>
    internal void Delivered(string who, VerificationState before, VerificationState state, IReadOnlyList<VerificationOutput> outputs)
    {
        if (state.Height % CompareEvery == 0)
        {
            var fold = state.Digest;
            Must.Hold(_folds.TryAdd(state.Height, fold) || _folds[state.Height] == fold, OneFold, () => $"{who} has another one at height {state.Height}");
        }

        foreach (var output in outputs)
        {
            Check(who, before, outputs, output);
        }

        var earned = state.Accounts.Values.Aggregate(TokenAmount.Zero, static (sum, amount) => sum + amount);
        Must.Hold(earned <= state.Received, RewardsWithinFees, () => $"{who}: {earned} earned, {state.Received} received");
        foreach (var (node, record) in state.Nodes)
        {
            Must.Hold(work.IsHonest(node) || record.Sentence is not null || record.Checked < Samples, CheatersCaught, () => $"{who}: {node} was checked {record.Checked} times and failed {record.Failed}");
        }

        Decided = Math.Max(Decided, state.Nodes.Values.Aggregate(0UL, static (sum, record) => sum + record.Checked));
    }

    private void Check(string who, VerificationState before, IReadOnlyList<VerificationOutput> outputs, VerificationOutput output)
    {
        switch (output)
        {
            case VerificationOutput.StatusChanged { Status: StandingStatus.Suspended or StandingStatus.Slashed } changed:
                Must.Hold(!work.IsHonest(changed.Who), HonestNotPunished, () => $"{who}: {changed.Role} {changed.Who} is {changed.Status}");
                break;
            case VerificationOutput.PenaltyDecided { Penalty: var penalty }:
                Must.Hold(!work.IsHonest(penalty.Operator), HonestNotPunished, () => $"{who}: {penalty}");
                var isNew = !before.Penalties.ContainsKey(penalty.Id) && outputs.OfType<VerificationOutput.PenaltyDecided>().Count(other => other.Penalty.Id == penalty.Id) == 1
                    && before.Penalties.Values.All(other => other.Operator != penalty.Operator || other.Role != penalty.Role || !other.Cases.Intersect(penalty.Cases).Any());
                Must.Hold(isNew, PenaltyOnce, () => $"{who}: {penalty}");
                break;
            default:
                break;
        }
    }
}
