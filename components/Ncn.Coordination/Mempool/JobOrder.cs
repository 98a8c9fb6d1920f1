using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>Who goes first, and who is thrown out first.</summary>
internal static class JobOrder
{
    /// <summary>
    /// The waiting jobs that may be handed out, best first: (1) those that have waited longer than patience allows, oldest first;
    /// (2) by fee, highest first; (3) oldest first; (4) by id, so that the order is total.
    /// </summary>
    internal static IEnumerable<KeyValuePair<Hash32, Job>> Ready(MempoolState state, ulong now, MempoolLimits limits) => state.Jobs
        .Where(entry => entry.Value.Phase == JobPhase.Waiting && entry.Value.Until <= now && now < entry.Value.Deadline)
        .OrderBy(entry => IsOverdue(entry.Value, now, limits) ? entry.Value.SubmittedAt : ulong.MaxValue)
        .ThenByDescending(static entry => entry.Value.Fee)
        .ThenBy(static entry => entry.Value.SubmittedAt)
        .ThenBy(static entry => entry.Key);

    /// <summary>The waiting job to be evicted first: lowest fee, then youngest, then highest id; null when none waits.</summary>
    internal static KeyValuePair<Hash32, Job>? Worst(MempoolState state)
    {
        var waiting = state.Jobs.Where(static entry => entry.Value.Phase == JobPhase.Waiting)
            .OrderBy(static entry => entry.Value.Fee)
            .ThenByDescending(static entry => entry.Value.SubmittedAt)
            .ThenByDescending(static entry => entry.Key)
            .Take(1).ToArray();
        return waiting.Length == 0 ? null : waiting[0];
    }

    private static bool IsOverdue(Job job, ulong now, MempoolLimits limits) => job.SubmittedAt + limits.PatienceMilliseconds <= now;
}
