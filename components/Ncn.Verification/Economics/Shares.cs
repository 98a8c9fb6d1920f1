using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>
/// Fees are shared out among those who worked for who paid them: of what was paid for a gateway's work, by that gateway's verified work alone, so that
/// nobody can earn others' fees with work that was made up. What has no taker stays for the next epoch; fractions too.
/// </summary>
internal static class Shares
{
    internal static void ShareOut(Step step)
    {
        var bySource = BySource(step.State);
        foreach (var (source, pot) in step.State.Pots)
        {
            if (bySource.TryGetValue(source, out var entries))
            {
                var ofNodes = Pay(step, pot.ForNodes, Earners(step, entries, static entry => (entry.Key.Node, entry.Value.OfNode), node => IsPaid(step, step.State.Nodes.GetValueOrDefault(node))));
                var ofGateways = Pay(step, pot.ForGateways, Earners(step, entries, static entry => (entry.Key.Gateway, entry.Value.OfGateway), gateway => step.State.Gateways.GetValueOrDefault(gateway) is { Sentence: null }));
                SetPot(step, source, new Pot(pot.ForNodes - ofNodes, pot.ForGateways - ofGateways));
            }
        }

        var duty = step.State.Members.Select(member => (member.Account, (UInt128)step.State.Duty.GetValueOrDefault(member.Key, DutyRecord.None).Points(step.Rules)));
        var paid = Pay(step, step.State.DutyPot, [.. duty]);
        step.State = step.State with { DutyPot = step.State.DutyPot - paid };
    }

    private static Dictionary<Address, List<KeyValuePair<WorkKey, Work>>> BySource(VerificationState state)
    {
        var bySource = new Dictionary<Address, List<KeyValuePair<WorkKey, Work>>>();
        foreach (var entry in state.Work)
        {
            foreach (var source in new[] { entry.Key.Gateway, entry.Key.Node }.Distinct())
            {
                bySource.TryAdd(source, []);
                bySource[source].Add(entry);
            }
        }

        return bySource;
    }

    private static List<(Address Account, UInt128 Weight)> Earners(
        Step step, List<KeyValuePair<WorkKey, Work>> entries, Func<KeyValuePair<WorkKey, Work>, (Address Who, UInt128 Done)> of, Func<Address, bool> isPaid) =>
        [.. entries.Select(of).Where(entry => isPaid(entry.Who)).GroupBy(static entry => entry.Who).OrderBy(static group => group.Key)
            .Select(static group => (group.Key, group.Aggregate(UInt128.Zero, static (sum, entry) => Saturating.Add(sum, entry.Done))))];

    // A node with a fault in the epoch earns nothing of it, accused or not: cheating seldom does not pay.
    private static bool IsPaid(Step step, WorkRecord? record) => record is { Sentence: null } && (record.Failed == 0 || record.FaultEpoch != step.State.Epoch);

    private static TokenAmount Pay(Step step, TokenAmount amount, IReadOnlyList<(Address Account, UInt128 Weight)> earners)
    {
        // A sum that does not fit is of weights that nobody has earned; halving them all keeps their proportions.
        var shift = earners.Any(static earner => earner.Weight >> 110 != 0) ? 17 : 0;
        var total = earners.Aggregate(UInt128.Zero, (sum, earner) => sum + (earner.Weight >> shift));
        var paid = TokenAmount.Zero;
        foreach (var (account, weight) in earners)
        {
            var share = total == 0 ? TokenAmount.Zero : new TokenAmount(Saturating.Scale(amount.Units, weight >> shift, total));
            Funds.Earn(step, account, share);
            paid += share;
        }

        return paid;
    }

    private static void SetPot(Step step, Address source, Pot pot) => step.State = step.State with
    {
        Pots = pot == default ? step.State.Pots.Remove(source) : step.State.Pots.SetItem(source, pot),
    };
}
