using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>The pure core of a mempool: leases with fencing tokens over a bounded priority queue.</summary>
/// <remarks>
/// Invariants, kept by every step: at most one lease of a job is good, the one with its last token; tokens rise; a job is
/// handed out at most MaxDeliveries times and never from its deadline on; released jobs never exceed the free slots that were
/// reported when they were released; a job ends exactly once, done or dead; living jobs never exceed the capacity.
/// </remarks>
public static class JobPool
{
    /// <summary>One step. The state is to be durable before the outputs are carried out.</summary>
    public static (MempoolState State, IReadOnlyList<MempoolOutput> Outputs) Apply(MempoolState state, MempoolInput input, MempoolLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(limits);
        var step = new Step(input.Now, limits);
        var next = input switch
        {
            MempoolInput.Submit submit => Submit(Leases.Expire(state, step), submit, step),
            MempoolInput.Accept accept => Leases.Accept(Leases.Expire(state, step), accept, step),
            MempoolInput.Complete complete => Complete(state, complete, step),
            MempoolInput.Cancel cancel => Cancel(Leases.Expire(state, step), cancel, step),
            MempoolInput.SetFreeSlots slots => Leases.Expire(state, step) with { FreeSlots = slots.FreeSlots },
            MempoolInput.ReleaseFailed failed => Leases.TakeBack(state, failed, step),
            MempoolInput.Buried buried => Bury(state, buried, step),
            MempoolInput.Tick => Repeat(Leases.Expire(state, step), step),
            _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a mempool.", nameof(input)),
        };
        // A queue that has just failed is not given the next job in the same step.
        var released = input is MempoolInput.ReleaseFailed ? next : Leases.Release(next, step);
        return (released, step.Outputs);
    }

    /// <summary>When the pool wants its next Tick, unix milliseconds; null when nothing can happen by itself.</summary>
    public static ulong? NextWake(MempoolState state, MempoolLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(limits);
        var hasRoom = state.FreeSlots > (ulong)state.Count(JobPhase.Released);
        var times = state.Jobs.Values.Select(job => job.Phase switch
        {
            JobPhase.Waiting => hasRoom ? Math.Min(job.Until, job.Deadline) : job.Deadline,
            JobPhase.Dead => job.Until + limits.BuryAgainMilliseconds,
            _ => job.Until,
        });
        return times.Select(static time => (ulong?)time).Min();
    }

    private static MempoolState Submit(MempoolState state, MempoolInput.Submit input, Step step)
    {
        var id = input.Request.Value;
        if (state.Jobs.ContainsKey(id) || state.Done.ContainsKey(id))
        {
            return step.Reply(MempoolOutcome.Repeated, state);
        }

        if (input.Deadline <= step.Now)
        {
            return step.Reply(MempoolOutcome.Expired, state);
        }

        if (MakeRoom(state, input.Fee, step) is not { } roomy)
        {
            return step.Reply(MempoolOutcome.Full, state);
        }

        // A submission time in the future would be patience for free.
        var submittedAt = Math.Min(input.SubmittedAt, step.Now);
        var job = new Job(input.Fee, submittedAt, input.Deadline, 0, JobPhase.Waiting, step.Now, 0, default, JobDeath.None);
        return step.Reply(MempoolOutcome.Accepted, roomy with { Jobs = roomy.Jobs.Add(id, job) });
    }

    private static MempoolState? MakeRoom(MempoolState state, TokenAmount fee, Step step)
    {
        // Dead jobs wait beside the capacity until their requests were told, as many again at most.
        var dead = state.Count(JobPhase.Dead);
        if (dead >= step.Limits.Capacity)
        {
            return null;
        }

        if (state.Jobs.Count - dead < step.Limits.Capacity)
        {
            return state;
        }

        return JobOrder.Worst(state) is { } worst && worst.Value.Fee < fee
            ? Leases.Kill(state, worst.Key, worst.Value, JobDeath.Evicted, step)
            : null;
    }

    private static MempoolState Complete(MempoolState state, MempoolInput.Complete input, Step step)
    {
        var id = input.Request.Value;
        if (!state.Jobs.TryGetValue(id, out var job))
        {
            return step.Reply(MempoolOutcome.Repeated, state);
        }

        var freed = job.Phase == JobPhase.Running && state.FreeSlots < uint.MaxValue ? state.FreeSlots + 1 : state.FreeSlots;
        return step.Reply(MempoolOutcome.Accepted, End(state, id, step) with { FreeSlots = freed });
    }

    // What a node has taken it runs to the end and is paid for.
    private static MempoolState Cancel(MempoolState state, MempoolInput.Cancel input, Step step) =>
        !state.Jobs.TryGetValue(input.Request.Value, out var job) ? step.Reply(MempoolOutcome.Unknown, state)
        : job.Phase is JobPhase.Waiting or JobPhase.Released ? step.Reply(MempoolOutcome.Accepted, End(state, input.Request.Value, step))
        : step.Reply(MempoolOutcome.LeaseLost, state);

    private static MempoolState Bury(MempoolState state, MempoolInput.Buried input, Step step) =>
        state.Jobs.TryGetValue(input.Request.Value, out var job) && job.Phase == JobPhase.Dead ? End(state, input.Request.Value, step) : state;

    private static MempoolState End(MempoolState state, Hash32 id, Step step)
    {
        step.Outputs.Add(new MempoolOutput.Forget(new RequestId(id)));
        var remembered = state.Done.RemoveRange(state.Done.Where(entry => entry.Value <= step.Now).Select(static entry => entry.Key).ToArray())
            .SetItem(id, step.Now + step.Limits.MemoryMilliseconds);
        if (remembered.Count > step.Limits.MaxRemembered)
        {
            remembered = remembered.Remove(remembered.MinBy(static entry => entry.Value).Key);
        }

        return state with { Jobs = state.Jobs.Remove(id), Done = remembered };
    }

    private static MempoolState Repeat(MempoolState state, Step step)
    {
        var due = state.Jobs.Where(entry => entry.Value.Phase == JobPhase.Dead && entry.Value.Until + step.Limits.BuryAgainMilliseconds <= step.Now).ToArray();
        foreach (var (id, job) in due)
        {
            step.Outputs.Add(new MempoolOutput.Bury(new RequestId(id), job.Death));
            state = state with { Jobs = state.Jobs.SetItem(id, job with { Until = step.Now }) };
        }

        return state;
    }
}

/// <summary>What one step carries along: the time, the limits, and the outputs so far.</summary>
internal sealed record Step(ulong Now, MempoolLimits Limits)
{
    internal List<MempoolOutput> Outputs { get; } = [];

    internal MempoolState Reply(MempoolOutcome outcome, MempoolState state)
    {
        Outputs.Add(new MempoolOutput.Reply(outcome));
        return state;
    }
}
