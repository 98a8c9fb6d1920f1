using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>What must hold of bonded audits, and of the penalties that fall with what they find.</summary>
internal sealed class AuditChecks(WorkWorld work)
{
    private readonly Dictionary<Hash32, ulong> _overturnedAt = [];
    private readonly Dictionary<Hash32, ImmutableArray<Hash32>> _standsOn = [];

    internal void Check(Taken taken)
    {
        foreach (var decided in taken.Decided.Where(static decided => decided.Case.Kind == CaseKind.Audit))
        {
            CheckLoser(taken, decided);
        }

        foreach (var decided in taken.Outputs.OfType<VerificationOutput.PenaltyDecided>())
        {
            _standsOn[decided.Penalty.Id] = decided.Penalty.Cases;
        }

        CheckPenalties(taken);
    }

    // Less than a third of the stake lies: what more than two thirds say is true, or nobody says it.
    private void CheckLoser(Taken taken, VerificationOutput.CaseDecided decided)
    {
        var item = decided.Case;
        var truth = work.FindingOf(item);
        var expected = truth == Finding.Passed ? AuditVerdict.Passed : AuditVerdict.Failed;
        var verdict = taken.After.Audits[new AuditKey(item.Gateway, item.Audit)].Verdict;
        Must.Hold(verdict == expected || verdict == AuditVerdict.Undecided, VerificationInvariants.AuditLoser, () => $"{taken.Who}: an audit of what is {truth} has {verdict}");
        var blamed = taken.Outputs.OfType<VerificationOutput.PenaltyDecided>().Where(penalty => penalty.Penalty.Cases.Contains(decided.Subject)).Select(static penalty => penalty.Penalty).ToArray();
        Must.Hold(
            blamed.All(penalty => verdict == AuditVerdict.Failed ? IsAtFault(penalty.Role, truth) : penalty.Role == PenalizedRole.Gateway)
            && (verdict != AuditVerdict.Failed || blamed.Length > 0 || item.Leaf is null), VerificationInvariants.AuditLoser, () => $"{taken.Who}: an audit of what is {truth} costs {string.Join(", ", blamed.AsEnumerable())}");
        if (verdict == AuditVerdict.Passed && item.Leaf is { } leaf && taken.Before.Find(new CommitmentKey(item.Gateway, item.Period)) is { } commitment)
        {
            Overturn(taken, leaf.Node, Sample.Subject(commitment.Beacon, item.Gateway, item.Period, item.Index));
        }
    }

    // What was held against the node until now; of a fault of the same block the record says which came first.
    private void Overturn(Taken taken, Address node, Hash32 fault)
    {
        var wasHeld = taken.Decided.Any(decided => decided.Subject == fault) ? !IsHeld(taken.After, node, fault) : IsHeld(taken.Before, node, fault);
        if (wasHeld)
        {
            _overturnedAt.TryAdd(fault, taken.After.Height);
        }
    }

    private static bool IsHeld(VerificationState state, Address node, Hash32 fault) =>
        state.NodeOf(node).Faults.Contains(fault) || state.Penalties.Values.Any(penalty => penalty.Operator == node && penalty.Cases.Contains(fault));

    private static bool IsAtFault(PenalizedRole role, Finding truth) => role switch
    {
        PenalizedRole.Node => truth is Finding.Failed or Finding.Lost,
        PenalizedRole.Gateway => truth is Finding.Withheld or Finding.Lost,
        _ => false,
    };

    // It is lifted when the faults that are left would accuse nobody, and never before.
    private void CheckPenalties(Taken taken)
    {
        var test = taken.After.Rules.Test;
        foreach (var penalty in taken.After.Penalties.Values.Where(static penalty => penalty.Role == PenalizedRole.Node))
        {
            var cases = _standsOn.GetValueOrDefault(penalty.Id, penalty.Cases);
            var left = cases.Count(fault => !(_overturnedAt.TryGetValue(fault, out var at) && at <= taken.After.Height));
            var isLifted = taken.After.Pardons.Contains(penalty.Id);
            var falls = left < cases.Length && left * test.Fail < test.Accuse;
            Must.Hold(isLifted == falls, VerificationInvariants.FallsWithFaults, () => $"{taken.Who}: {left} faults are left of {penalty}, which is {(isLifted ? "lifted" : "not lifted")}");
        }
    }
}
