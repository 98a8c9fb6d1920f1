using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Receipts are committed to, then the beacon is drawn, then the sample is judged, then the work counts.</summary>
internal static class Commitments
{
    /// <summary>A gateway commits: for a period that is over, not too long ago, and after those that it committed to before.</summary>
    internal static void Commit(Step step, Fact.ReceiptsCommitted fact)
    {
        var state = step.State;
        var key = new CommitmentKey(fact.Gateway, fact.Period);
        var record = state.Gateways.GetValueOrDefault(fact.Gateway, WorkRecord.None);
        var isTimely = fact.Period > record.LastPeriod && fact.Period < state.Period && state.Period - fact.Period <= state.Rules.MostAge;
        if (!isTimely || fact.Count is 0 or > ReceiptList.MaxCount || fact.Root.IsZero || fact.Gateway.IsZero || state.Commitments.Count + state.Closed.Count >= Bounds.Commitments)
        {
            return;
        }

        var commitment = new Commitment(
            fact.Root, fact.Count, fact.Total, state.Clock, state.Height, default, 0, [], 0, false, ImmutableSortedDictionary<Address, UInt128>.Empty);
        step.SetCommitment(key, commitment);
        Records.SetGateway(step, fact.Gateway, record with { LastPeriod = fact.Period, Committed = record.Committed + fact.Count });
        if (!state.Beacons.ContainsKey(state.Clock))
        {
            step.State = step.State with { Beacons = state.Beacons.Add(state.Clock, Beacon.After(state.Clock)) };
        }
    }

    /// <summary>A block's reveal goes into each beacon of an earlier period; one that is strong, or has waited long enough, is drawn.</summary>
    internal static void Reveal(Step step, Address proposer, Hash32 reveal)
    {
        foreach (var (since, before) in step.State.Beacons.Where(entry => entry.Key < step.Clock))
        {
            var beacon = step.IsMember(proposer) ? before.With(proposer, reveal) : before;
            var isDrawn = beacon.IsStrong(step.State.Members) || step.Clock - since > step.Rules.BeaconPatience;
            step.State = step.State with { Beacons = isDrawn ? step.State.Beacons.Remove(since) : step.State.Beacons.SetItem(since, beacon) };
            if (isDrawn)
            {
                Draw(step, since, beacon.Value);
            }
        }
    }

    /// <summary>Work of commitments that are judged counts; those that no audit can be opened of any more are dropped.</summary>
    internal static void Age(Step step)
    {
        foreach (var (key, commitment) in step.State.Commitments.Where(entry => entry.Value is { IsDrawn: true, Open: 0 } && step.Clock > entry.Value.DrawnAt + 1))
        {
            Close(step, key, commitment);
        }

        var old = step.State.Closed.Where(entry => entry.Value.At + step.Rules.AuditWindow < step.Clock).Select(static entry => entry.Key).ToArray();
        step.State = step.State with { Closed = step.State.Closed.RemoveRange(old) };
    }

    private static void Draw(Step step, ulong since, Hash32 value)
    {
        foreach (var (key, commitment) in step.State.Commitments.Where(entry => entry.Value.At == since && !entry.Value.IsDrawn))
        {
            step.SetCommitment(key, commitment with { Beacon = value, DrawnAt = step.Clock });
            step.Outputs.Add(new VerificationOutput.SampleDrawn(key.Gateway, key.Period, value));
            Cases.Open(step, Sample.ListSubject(value, key.Gateway, key.Period), CaseKind.List, key, 0, null, default, VerificationRules.One);
        }
    }

    private static void Close(Step step, CommitmentKey key, Commitment commitment)
    {
        foreach (var (node, done) in commitment.Work)
        {
            var at = new WorkKey(key.Gateway, node);
            var known = step.State.Work.TryGetValue(at, out var work);
            if (known || step.State.Work.Count < Bounds.Work)
            {
                var sum = new Work(Saturating.Add(work.OfNode, done), commitment.IsVoid ? work.OfGateway : Saturating.Add(work.OfGateway, done));
                step.State = step.State with { Work = step.State.Work.SetItem(at, sum) };
            }
        }

        var closed = commitment with { Work = ImmutableSortedDictionary<Address, UInt128>.Empty, Seen = [] };
        step.State = step.State with { Commitments = step.State.Commitments.Remove(key), Closed = step.State.Closed.SetItem(key, closed) };
    }
}
