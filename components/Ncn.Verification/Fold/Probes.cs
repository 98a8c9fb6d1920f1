using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Canaries and plants: committed to, and opened once.</summary>
internal static class Probes
{
    internal static void Commit(Step step, Address author, Testimony.ProbeCommitted testimony)
    {
        var (probes, name) = (step.State.Probes, Probe.NameOf(author, testimony.Commitment));
        if (!probes.ContainsKey(name) && probes.Values.Count(probe => probe.Validator == author) < step.Rules.MostProbes)
        {
            var probe = new OpenProbe(author, step.State.Height, step.Clock + step.Rules.ProbePeriods);
            step.State = step.State with { Probes = probes.Add(name, probe) };
        }
    }

    internal static void Forget(Step step)
    {
        var old = step.State.Probes.Where(entry => entry.Value.Until < step.Clock).Select(static entry => entry.Key).ToImmutableArray();
        step.State = step.State with { Probes = step.State.Probes.RemoveRange(old) };
    }

    /// <summary>True when the author has this probe open, committed to before the receipts were; it is spent.</summary>
    internal static bool Spend(Step step, Address author, ReceiptLeaf leaf, Commitment commitment, Hash32 salt)
    {
        var name = Probe.NameOf(author, Probe.Commitment(author, leaf.Digest, salt));
        var isOpen = step.State.Probes.TryGetValue(name, out var probe) && probe.Height < commitment.Height;
        if (isOpen)
        {
            step.State = step.State with { Probes = step.State.Probes.Remove(name) };
        }

        return isOpen;
    }

    /// <summary>
    /// A plant is opened after its checkers' reveals. If none of them passed it, it is over; otherwise all judge, so that nobody is punished on the
    /// planter's word alone.
    /// </summary>
    internal static void OpenPlant(Step step, Address author, Testimony.PlantOpened testimony)
    {
        if (!step.State.Cases.TryGetValue(testimony.Subject, out var item) || item is not { Stage: CaseStage.Opening, Kind: CaseKind.Receipt, Planter.IsZero: true, Leaf: { } leaf }
            || !step.State.Commitments.TryGetValue(new CommitmentKey(item.Gateway, item.Period), out var commitment)
            || !IsPaid(step, author, item, leaf) || !Spend(step, author, leaf, commitment, testimony.Salt))
        {
            return;
        }

        Pay(step, author, item, leaf);
        var wasPassed = item.Checkers.Any(checker => item.FindingOf(checker) == Finding.Passed);
        item = item with { Planter = author, IsEscalated = wasPassed, Until = step.Clock + 1 };
        step.SetCase(testimony.Subject, item);
        if (wasPassed)
        {
            Cases.Advance(step, testimony.Subject);
        }
        else
        {
            Decisions.End(step, testimony.Subject, item, new Decision(Judgement.Undecided, Judgement.Undecided, true));
        }
    }

    private static TokenAmount CostOf(Step step, Case item, ReceiptLeaf leaf) => Probe.CostOf(step.Rules, leaf.Price, item.RatePpm);

    private static bool IsPaid(Step step, Address author, Case item, ReceiptLeaf leaf) =>
        step.State.Credits.GetValueOrDefault(AccountOf(step, author)).Amount >= CostOf(step, item, leaf);

    private static void Pay(Step step, Address author, Case item, ReceiptLeaf leaf)
    {
        var cost = CostOf(step, item, leaf);
        if (Funds.Spend(step, AccountOf(step, author), cost))
        {
            Funds.ForDuty(step, cost);
        }
    }

    private static Address AccountOf(Step step, Address key) => step.State.Members.FirstOrDefault(member => member.Key == key).Account;
}
