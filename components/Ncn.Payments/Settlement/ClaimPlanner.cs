namespace Ncn.Payments.Settlement;

/// <summary>Chooses what to claim, in which transactions.</summary>
/// <remarks>
/// 1. A channel must be claimed when it is at risk or old, whatever that costs. 2. It may be claimed when it owes the minimum and more than
/// its row costs. 3. Rows with everything in common make packed batches; the others, and groups so small that a transaction of their own
/// costs more than the struct form, share struct batches. 4. A batch in which no row must be claimed is sent only when it brings more,
/// after the fee, than its gas costs. The result depends on the set of candidates, not on their order.
/// </remarks>
public static class ClaimPlanner
{
    /// <summary>The transactions to send, those with channels at risk first. No channel is in two of them.</summary>
    public static IReadOnlyList<PlannedClaim> Plan(IEnumerable<ClaimCandidate> candidates, ClaimPolicy policy, ulong now)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(policy);
        var due = candidates
            .DistinctBy(static candidate => candidate.Channel)
            .Where(candidate => !candidate.Unclaimed.IsZero)
            .Select(candidate => new Row(candidate, policy.RiskOf(candidate), policy.IsOld(candidate, now)))
            .Where(row => row.Must || IsWorthItsRow(row.Candidate, policy))
            .OrderByDescending(static row => row.Risk == ClaimRisk.Withdrawal).ThenByDescending(static row => row.Must)
            .ThenByDescending(static row => row.Candidate.Unclaimed).ThenBy(static row => row.Candidate.Channel.Value)
            .ToArray();
        var (packed, mixed) = Divide(due, policy.Gas);
        return packed.SelectMany(group => Batches(group.Key, group.Rows, policy)).Concat(Batches(null, mixed, policy))
            .OrderByDescending(static batch => batch.Risk).ThenByDescending(static batch => batch.Batch.Amount)
            .ThenBy(static batch => batch.Batch.Rows[0].Channel.Value)
            .Select(static batch => batch.Batch).ToArray();
    }

    private static bool IsWorthItsRow(ClaimCandidate candidate, ClaimPolicy policy) =>
        candidate.Unclaimed >= policy.MinimumAmount
        && policy.Net(candidate.Unclaimed) > policy.CostOf(candidate.IsPackable ? policy.Gas.PackedRow : policy.Gas.StructRow);

    // Step 3. A group is small when its rows cost less in a struct batch that is sent anyway than in a transaction of their own.
    private static (IReadOnlyList<(PackedGroup Key, Row[] Rows)> Packed, Row[] Mixed) Divide(Row[] due, ClaimGas gas)
    {
        var groups = due.Where(static row => row.Candidate.IsPackable).GroupBy(static row => PackedGroup.Of(row.Candidate.Config))
            .Select(static group => (group.Key, Rows: group.ToArray())).ToArray();
        var surcharge = gas.StructRow - Math.Min(gas.PackedRow, gas.StructRow);
        var small = groups.Where(group => surcharge * (ulong)group.Rows.Length < gas.PackedBatch).ToArray();
        var unpackable = due.Any(static row => !row.Candidate.IsPackable);
        var together = (surcharge * (ulong)small.Sum(static group => group.Rows.Length)) + (unpackable ? 0 : gas.StructBatch);
        if (together >= gas.PackedBatch * (ulong)small.Length)
        {
            small = [];
        }

        var merged = small.Select(static group => group.Key).ToHashSet();
        return (groups.Where(group => !merged.Contains(group.Key)).ToArray(),
            due.Where(row => !row.Candidate.IsPackable || merged.Contains(PackedGroup.Of(row.Candidate.Config))).ToArray());
    }

    private static IEnumerable<(PlannedClaim Batch, ClaimRisk Risk)> Batches(PackedGroup? key, Row[] rows, ClaimPolicy policy)
    {
        foreach (var chunk in rows.Chunk(policy.MaximumRows))
        {
            var gas = policy.Gas.Of(key is not null, chunk.Length);
            var batch = new PlannedClaim(key, chunk.Select(static row => row.Candidate).ToArray(), gas, policy.CostOf(gas));
            if (chunk.Any(static row => row.Must) || policy.Net(batch.Amount) > batch.Cost)
            {
                yield return (batch, chunk.Max(static row => row.Risk));
            }
        }
    }

    private sealed record Row(ClaimCandidate Candidate, ClaimRisk Risk, bool Old)
    {
        internal bool Must => Old || Risk != ClaimRisk.None;
    }
}
