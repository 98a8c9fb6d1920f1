using Ncn.Protocol;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>Folds that are wrong in one step.</summary>
internal static class WrongFolds
{
    internal static (VerificationState, IReadOnlyList<VerificationOutput>) PaysMore(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        return (block.IsEpochEnd && next.Accounts.Count > 0 ? next with { Accounts = next.Accounts.SetItem(next.Accounts.Keys.First(), next.Received + new TokenAmount(1)) } : next, outputs);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) PunishesTwice(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        return (next, [.. outputs, .. outputs.OfType<VerificationOutput.PenaltyDecided>()]);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) BlamesPlants(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        foreach (var node in outputs.OfType<VerificationOutput.CaseDecided>().Where(static decided => decided.Decision.IsPlant).Select(static decided => decided.Case.Leaf!.Node))
        {
            next = next with { Nodes = next.Nodes.SetItem(node, next.NodeOf(node) with { Failed = next.NodeOf(node).Failed + 1 }) };
        }

        return (next, outputs);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) FreePlants(VerificationState state, DeliveredBlock block)
    {
        var openers = block.Facts.OfType<Fact.Testified>().Where(static said => Testimony.Read(said.Topic, said.Content.Span) is Testimony.PlantOpened).Select(static said => said.Author).ToHashSet();
        var (next, outputs) = VerificationState.Apply(state, block);
        foreach (var account in next.Members.Where(member => openers.Contains(member.Key)).Select(static member => member.Account))
        {
            var (before, after) = (state.Credits.GetValueOrDefault(account), next.Credits.GetValueOrDefault(account));
            if (before.Amount > after.Amount && next.DutyPot >= before.Amount - after.Amount)
            {
                next = next with { Credits = next.Credits.SetItem(account, before), DutyPot = next.DutyPot - (before.Amount - after.Amount) };
            }
        }

        return (next, outputs);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) ForgivesCheckers(VerificationState state, DeliveredBlock block) => VerificationState.Apply(
        state with { Duty = state.Duty.SetItems(state.Duty.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value with { Done = entry.Value.Done + entry.Value.PlantsPassed, PlantsPassed = 0 }))) }, block);

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) CreditsCanaries(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        var passed = outputs.OfType<VerificationOutput.CaseDecided>().Where(static decided => decided is { Case.Kind: CaseKind.Canary, Decision.Node: Judgement.Passed });
        foreach (var node in passed.Select(static decided => decided.Case.Leaf!.Node))
        {
            next = next with { Nodes = next.Nodes.SetItem(node, next.NodeOf(node) with { Passes = next.NodeOf(node).Passes + 1 }) };
        }

        return (next, outputs);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) WrongLoser(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        foreach (var key in outputs.OfType<VerificationOutput.CaseDecided>().Where(static decided => decided.Case.Kind == CaseKind.Audit).Select(static decided => new AuditKey(decided.Case.Gateway, decided.Case.Audit)))
        {
            var audit = next.Audits[key];
            var turned = audit.Verdict switch { AuditVerdict.Passed => AuditVerdict.Failed, AuditVerdict.Failed => AuditVerdict.Passed, var other => other };
            next = next with { Audits = next.Audits.SetItem(key, audit with { Verdict = turned }) };
        }

        return (next, outputs);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) NeverPardons(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        return (next with { Pardons = next.Pardons.Clear() }, [.. outputs.Where(static output => output is not VerificationOutput.PenaltyPardoned)]);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) KeepsBonds(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        var decided = next.Audits.Where(entry => entry.Value is { IsFunded: true, Verdict: not AuditVerdict.Open } && state.Audits.GetValueOrDefault(entry.Key) is { Verdict: AuditVerdict.Open });
        return (decided.Aggregate(next, static (all, entry) => all with { Reserve = all.Reserve + entry.Value.Bond }), outputs);
    }

    internal static (VerificationState, IReadOnlyList<VerificationOutput>) TakesBack(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        var earned = next.Accounts.Keys.FirstOrDefault();
        return block.IsEpochEnd && state.Accounts.ContainsKey(earned)
            ? (next with { Accounts = next.Accounts.Remove(earned), DutyPot = next.DutyPot + next.Accounts[earned] }, outputs)
            : (next, outputs);
    }
}
