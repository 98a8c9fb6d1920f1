using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>Handing jobs out and taking them back.</summary>
internal static class Leases
{
    /// <summary>How many more jobs the nodes have room for than lie on the work queue already.</summary>
    internal static long RoomOf(MempoolState state) => (long)state.FreeSlots - state.Count(JobPhase.Released);

    /// <summary>Releases the best waiting jobs while the nodes have room.</summary>
    internal static void Release(PoolStep step)
    {
        // A queue that has just failed is not given the next job at once.
        if (step.State.PausedUntil > step.Now)
        {
            return;
        }

        for (var room = RoomOf(step.State); room > 0 && HandOut(JobPhase.Released, default, step.Limits.AcceptMilliseconds, step); room--)
        {
        }
    }

    internal static void Take(MempoolInput.Take input, PoolStep step)
    {
        for (var left = input.Count; left > 0 && HandOut(JobPhase.Running, input.Node, step.Limits.RunMilliseconds, step); left--)
        {
        }
    }

    internal static void Accept(MempoolInput.Accept input, PoolStep step)
    {
        if (!step.State.TryGet(input.Request, out var entry) || entry.Job.Phase == JobPhase.Dead)
        {
            step.Reply(MempoolOutcome.Unknown);
            return;
        }

        var job = entry.Job;
        var isFirst = job.Phase == JobPhase.Released;
        var isRenewal = job.Phase == JobPhase.Running && job.Node == input.Node;
        if (job.Token != input.Token || !(isFirst || isRenewal))
        {
            step.Reply(MempoolOutcome.LeaseLost);
            return;
        }

        // The node has one slot less from now on, which its next heartbeat will tell too.
        step.State.FreeSlots -= isFirst && step.State.FreeSlots > 0 ? 1u : 0;
        step.State.Failures = 0;
        step.Reply(MempoolOutcome.Accepted);
        step.Set(entry, job with { Phase = JobPhase.Running, Node = input.Node, Until = step.Now + step.Limits.RunMilliseconds });
    }

    internal static void Decline(MempoolInput.Decline input, PoolStep step)
    {
        if (!step.State.TryGet(input.Request, out var entry) || entry.Job.Phase == JobPhase.Dead)
        {
            step.Reply(MempoolOutcome.Unknown);
            return;
        }

        var job = entry.Job;
        var isItsOwn = job.Phase == JobPhase.Released || (job.Phase == JobPhase.Running && job.Node == input.Node);
        if (job.Token != input.Token || !isItsOwn)
        {
            step.Reply(MempoolOutcome.LeaseLost);
            return;
        }

        step.Reply(MempoolOutcome.Accepted);
        if (job.Phase == JobPhase.Released && job.Declines < step.Limits.MaxDeclines)
        {
            Wait(entry, job with { Deliveries = job.Deliveries - 1, Declines = job.Declines + 1 }, DeclinePause(job.Declines, step.Limits), step);
        }
        else
        {
            Return(entry, step);
        }
    }

    /// <summary>The queue did not take it: that is no delivery. The pool waits, longer after each such time in a row.</summary>
    internal static void TakeBack(MempoolInput.ReleaseFailed input, PoolStep step)
    {
        var state = step.State;
        if (!state.TryGet(input.Request, out var entry) || entry.Job.Phase != JobPhase.Released || entry.Job.Token != input.Token)
        {
            return;
        }

        // Of several that failed together one counts.
        if (state.PausedUntil <= step.Now)
        {
            state.PausedUntil = step.Now + Doubled(step.Limits.BackoffMilliseconds, state.Failures, step.Limits.MaxBackoffMilliseconds);
            state.Failures++;
        }

        Wait(entry, entry.Job with { Deliveries = entry.Job.Deliveries - 1 }, 0, step);
    }

    /// <summary>
    /// What time does: gives up what is past its deadline, takes back what nobody accepted or renewed, makes ready what has paused, and
    /// tells again what nobody confirmed.
    /// </summary>
    internal static void Expire(PoolStep step)
    {
        while (step.State.Due.First is { } entry && entry.Due <= step.Now)
        {
            switch (entry.Job.Phase)
            {
                case JobPhase.Dead:
                    step.Set(entry, entry.Job with { Until = step.Now });
                    step.Outputs.Add(new MempoolOutput.Bury(entry.Request, entry.Job.Death));
                    break;
                case JobPhase.Waiting when entry.Job.Deadline <= step.Now:
                    step.Kill(entry, JobDeath.Expired);
                    break;
                case JobPhase.Waiting:
                    step.State.MakeReady(entry, step.Limits);
                    break;
                default:
                    Return(entry, step);
                    break;
            }
        }
    }

    private static bool HandOut(JobPhase phase, Address node, ulong lease, PoolStep step)
    {
        if (step.State.Ready.TakeNext(step.Now, step.Limits) is not { } entry)
        {
            return false;
        }

        var token = ++step.State.LastToken;
        step.Set(entry, entry.Job with { Phase = phase, Node = node, Deliveries = entry.Job.Deliveries + 1, Token = token, Until = step.Now + lease });
        step.Outputs.Add(new MempoolOutput.Release(entry.Request, token));
        return true;
    }

    private static void Return(JobEntry entry, PoolStep step)
    {
        var job = entry.Job;
        if (job.Deadline <= step.Now)
        {
            step.Kill(entry, JobDeath.Expired);
        }
        else if (job.Deliveries >= step.Limits.MaxDeliveries)
        {
            step.Kill(entry, JobDeath.Undeliverable);
        }
        else
        {
            Wait(entry, job, Doubled(step.Limits.BackoffMilliseconds, (int)job.Deliveries - 1, step.Limits.MaxBackoffMilliseconds), step);
        }
    }

    private static void Wait(JobEntry entry, Job job, ulong pause, PoolStep step) =>
        step.Set(entry, job with { Phase = JobPhase.Waiting, Node = default, Until = step.Now + pause });

    private static ulong DeclinePause(uint before, MempoolLimits limits) =>
        Doubled(limits.DeclineMilliseconds, (int)before, limits.MaxDeclineMilliseconds);

    private static ulong Doubled(ulong first, int doublings, ulong most) => Math.Min(first << Math.Min(doublings, 20), most);
}
