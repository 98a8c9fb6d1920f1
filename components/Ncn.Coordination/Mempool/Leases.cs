using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>Handing jobs out and taking them back.</summary>
internal static class Leases
{
    /// <summary>Releases the best waiting jobs while the nodes have room for more than what is on the queue already.</summary>
    internal static MempoolState Release(MempoolState state, Step step)
    {
        var room = (long)state.FreeSlots - state.Count(JobPhase.Released);
        if (room <= 0)
        {
            return state;
        }

        var chosen = JobOrder.Ready(state, step.Now, step.Limits).Take((int)Math.Min(room, int.MaxValue)).ToArray();
        foreach (var (id, job) in chosen)
        {
            var token = state.LastToken + 1;
            var released = job with
            {
                Phase = JobPhase.Released,
                Deliveries = job.Deliveries + 1,
                Token = token,
                Until = step.Now + step.Limits.AcceptMilliseconds,
            };
            state = state with { Jobs = state.Jobs.SetItem(id, released), LastToken = token };
            step.Outputs.Add(new MempoolOutput.Release(new RequestId(id), token));
        }

        return state;
    }

    internal static MempoolState Accept(MempoolState state, MempoolInput.Accept input, Step step)
    {
        if (!state.Jobs.TryGetValue(input.Request.Value, out var job) || job.Phase == JobPhase.Dead)
        {
            return step.Reply(MempoolOutcome.Unknown, state);
        }

        var isFirst = job.Phase == JobPhase.Released;
        var isRenewal = job.Phase == JobPhase.Running && job.Node == input.Node;
        if (job.Token != input.Token || !(isFirst || isRenewal))
        {
            return step.Reply(MempoolOutcome.LeaseLost, state);
        }

        var running = job with { Phase = JobPhase.Running, Node = input.Node, Until = step.Now + step.Limits.RunMilliseconds };
        return step.Reply(MempoolOutcome.Accepted, state with
        {
            Jobs = state.Jobs.SetItem(input.Request.Value, running),
            // The node has one slot less from now on, which its next heartbeat will tell too.
            FreeSlots = isFirst && state.FreeSlots > 0 ? state.FreeSlots - 1 : state.FreeSlots,
        });
    }

    /// <summary>The queue did not take it: it waits again, and this try counts as a delivery.</summary>
    internal static MempoolState TakeBack(MempoolState state, MempoolInput.ReleaseFailed input, Step step) =>
        state.Jobs.TryGetValue(input.Request.Value, out var job) && job.Phase == JobPhase.Released && job.Token == input.Token
            ? Return(state, input.Request.Value, job, step)
            : state;

    /// <summary>Takes back what nobody accepted or finished in time; gives up what is past its deadline or was tried often enough.</summary>
    internal static MempoolState Expire(MempoolState state, Step step)
    {
        foreach (var (id, job) in state.Jobs)
        {
            if (job.Phase == JobPhase.Waiting && job.Deadline <= step.Now)
            {
                state = Kill(state, id, job, JobDeath.Expired, step);
            }
            else if (job.Phase is JobPhase.Released or JobPhase.Running && job.Until <= step.Now)
            {
                state = Return(state, id, job, step);
            }
        }

        return state;
    }

    internal static MempoolState Kill(MempoolState state, Hash32 id, Job job, JobDeath death, Step step)
    {
        step.Outputs.Add(new MempoolOutput.Bury(new RequestId(id), death));
        return state with { Jobs = state.Jobs.SetItem(id, job with { Phase = JobPhase.Dead, Until = step.Now, Death = death, Node = default }) };
    }

    private static MempoolState Return(MempoolState state, Hash32 id, Job job, Step step)
    {
        if (job.Deadline <= step.Now)
        {
            return Kill(state, id, job, JobDeath.Expired, step);
        }

        if (job.Deliveries >= step.Limits.MaxDeliveries)
        {
            return Kill(state, id, job, JobDeath.Undeliverable, step);
        }

        var waiting = job with { Phase = JobPhase.Waiting, Node = default, Until = step.Now + Backoff(job.Deliveries, step.Limits) };
        return state with { Jobs = state.Jobs.SetItem(id, waiting) };
    }

    private static ulong Backoff(uint deliveries, MempoolLimits limits)
    {
        var doublings = (int)Math.Min(deliveries - 1, 20);
        return Math.Min(limits.BackoffMilliseconds << doublings, limits.MaxBackoffMilliseconds);
    }
}
