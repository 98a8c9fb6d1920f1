namespace Ncn.Coordination.Mempool;

/// <summary>Makes room for a better-paid job.</summary>
/// <remarks>
/// The order of eviction is that of <see cref="ByWorth"/>: the lowest fee, of those the youngest, of those the highest id. Only jobs that
/// wait are evicted, only for a newcomer that pays more than each of them, and only when that makes room enough: else nothing happens.
/// </remarks>
internal static class Eviction
{
    /// <summary>Null when there is room for the newcomer now, in the place of the job that it replaces if it does.</summary>
    internal static MempoolOutcome? Refusal(Job newcomer, JobEntry? replaced, PoolStep step)
    {
        var (state, limits) = (step.State, step.Limits);
        if (state.LivingOf(newcomer.Payer) - (replaced is null ? 0 : 1) >= limits.MaxPerPayer)
        {
            return MempoolOutcome.PayerFull;
        }

        if (MempoolState.SizeOf(newcomer, limits) > limits.MaxBytes || state.Count(JobPhase.Dead) >= limits.Capacity)
        {
            return MempoolOutcome.Full;
        }

        List<JobEntry> given = replaced is null ? [] : [replaced];
        while (!HasRoom(newcomer, given, step))
        {
            // Those that were chosen are out of the order while the next one is looked for.
            if (state.Waiting.First is not { } worst || worst.Job.Fee >= newcomer.Fee)
            {
                given.ForEach(entry => PutBack(entry, replaced, state));
                return MempoolOutcome.Full;
            }

            state.Waiting.Remove(worst);
            if (worst != replaced)
            {
                given.Add(worst);
            }
        }

        given.ForEach(entry => PutBack(entry, replaced, state));
        given.ForEach(entry => step.Kill(entry, entry == replaced ? JobDeath.Replaced : JobDeath.Evicted));
        return null;
    }

    private static bool HasRoom(Job newcomer, List<JobEntry> given, PoolStep step)
    {
        var (state, limits) = (step.State, step.Limits);
        var bytes = state.Bytes + MempoolState.SizeOf(newcomer, limits);
        foreach (var entry in given)
        {
            bytes -= MempoolState.SizeOf(entry.Job, limits);
        }

        return state.Living - given.Count < limits.Capacity && bytes <= limits.MaxBytes;
    }

    private static void PutBack(JobEntry entry, JobEntry? replaced, MempoolState state)
    {
        if (entry.Job.Phase == JobPhase.Waiting && entry.Places[ByWorth.Place] < 0)
        {
            state.Waiting.Add(entry);
        }
    }
}
