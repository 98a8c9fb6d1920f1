using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>What must hold of canaries and plants, whoever opens them.</summary>
internal sealed class ProbeChecks
{
    private readonly HashSet<(string Who, ulong Epoch, Address Validator)> _passedPlants = [];

    internal void Check(Taken taken)
    {
        foreach (var node in taken.Decided.Select(static decided => decided.Case.Leaf?.Node).OfType<Address>().Distinct())
        {
            CheckRecord(taken, node);
        }

        CheckCosts(taken);
        foreach (var decided in taken.Decided.Where(static decided => decided.Decision.IsPlant))
        {
            foreach (var validator in taken.After.Members.Where(member => decided.Case.FindingOf(member.Key) == Finding.Passed && member.Key != decided.Case.Planter))
            {
                _passedPlants.Add((taken.Who, taken.After.Epoch, validator.Key));
            }
        }

        if (taken.Block.IsEpochEnd)
        {
            CheckDuty(taken);
        }
    }

    // Failed checks are the failed cases that are no plants; only who was drawn to be checked passes.
    private static void CheckRecord(Taken taken, Address node)
    {
        var (before, after) = (taken.Before.NodeOf(node), taken.After.NodeOf(node));
        var mine = taken.Decided.Where(decided => decided.Case.Leaf?.Node == node).ToArray();
        var failed = (ulong)mine.Count(static decided => decided.Decision is { Node: Judgement.Failed, IsPlant: false });
        Must.Hold(after.Failed == before.Failed + failed, VerificationInvariants.PlantExcuses, () => $"{taken.Who}: {node} failed {before.Failed} checks, then {after.Failed}, with {failed} that are no plants");
        var drawn = (ulong)mine.Count(static decided => decided is { Case: { Kind: CaseKind.Receipt, Planter.IsZero: true }, Decision.Node: Judgement.Passed });
        Must.Hold(after.Passes <= before.Passes + drawn, VerificationInvariants.ProbeNoBetter, () => $"{taken.Who}: {node} had passed {before.Passes} checks, then {after.Passes}, with {drawn} that were drawn");
    }

    // What somebody has paid in or earned is less by what the slash would be: price, times what it stands for, times three.
    private static void CheckCosts(Taken taken)
    {
        var opened = taken.Decided.Select(static decided => (decided.Subject, decided.Case)).Concat(taken.After.Cases.Select(static entry => (entry.Key, entry.Value)))
            .Where(entry => !entry.Item2.Planter.IsZero && taken.Before.Cases.GetValueOrDefault(entry.Item1) is not { Planter.IsZero: false });
        foreach (var planter in (taken.Block.IsEpochEnd ? [] : opened).GroupBy(static entry => entry.Item2.Planter))
        {
            var account = taken.After.Members.First(member => member.Key == planter.Key).Account;
            var cost = planter.Aggregate(TokenAmount.Zero, (sum, entry) => sum + CostOf(taken.After.Rules, entry.Item2));
            var paidIn = taken.Block.Facts.OfType<Fact.FundsReceived>().Where(funds => funds.Kind == FundKind.Bond && funds.Source == PoolChain.Wide(account))
                .Aggregate(TokenAmount.Zero, static (sum, funds) => sum + funds.Amount);
            Must.Hold(
                Has(taken.After, account) + cost <= Has(taken.Before, account) + paidIn, VerificationInvariants.ExcusePaid,
                () => $"{taken.Who}: {account} had {Has(taken.Before, account)} and {paidIn} more, opened a plant for {cost}, and has {Has(taken.After, account)}");
        }
    }

    private static TokenAmount CostOf(VerificationRules rules, Case item) => TokenAmount.Max(rules.LeastBond, new TokenAmount(item.Leaf!.Price.Units * 1_000_000 / item.RatePpm * rules.SlashPercent / 100));

    private static TokenAmount Has(VerificationState state, Address account) => state.Accounts.GetValueOrDefault(account) + state.Credits.GetValueOrDefault(account).Amount;

    // With few duties done, one passed plant takes all of the epoch's reward; what was paid in and not used goes back.
    private void CheckDuty(Taken taken)
    {
        foreach (var member in taken.After.Members.Where(member => _passedPlants.Contains((taken.Who, taken.After.Epoch, member.Key))))
        {
            var done = taken.Before.Duty.GetValueOrDefault(member.Key, DutyRecord.None).Done + (ulong)taken.Decided.Count();
            var isAlone = taken.After.Members.Count(other => other.Account == member.Account) == 1 && taken.Block.Facts.OfType<Fact.FundsReceived>().All(static funds => funds.Kind == FundKind.Fee);
            Must.Hold(
                done > taken.After.Rules.PlantCost || !isAlone || Has(taken.After, member.Account) <= Has(taken.Before, member.Account), VerificationInvariants.PlantPassedUnpaid,
                () => $"{taken.Who}: {member.Key} passed a plant in epoch {taken.After.Epoch}, and had {Has(taken.Before, member.Account)}, then {Has(taken.After, member.Account)}");
        }
    }
}
