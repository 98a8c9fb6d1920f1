namespace Ncn.Coordination.Mempool;

/// <summary>The pure core of a mempool: leases with fencing tokens over a bounded priority queue.</summary>
/// <remarks>
/// Invariants, kept by every step: at most one lease of a job is good, the one with its last token; tokens rise; a job is
/// handed out at most MaxDeliveries times, declined ones not counted, and never from its deadline on; released jobs never exceed the
/// free slots that were reported when they were released; a job ends exactly once, done or dead; living jobs never exceed the capacity
/// and the bytes, nor those of one payer its cap. Every step is O(log n) in the jobs for each job that it changes.
/// </remarks>
public static class JobPool
{
    /// <summary>One step. It uses the state up (see <see cref="MempoolState"/>); its entries are to be durable before the other outputs are carried out.</summary>
    public static (MempoolState State, IReadOnlyList<MempoolOutput> Outputs) Apply(MempoolState state, MempoolInput input, MempoolLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(limits);
        var step = new PoolStep(state, input.Now, limits);

        // What ends a job comes before what time does to it: a job that is answered in its lease's last moment is answered.
        switch (input)
        {
            case MempoolInput.Complete complete:
                Complete(complete, step);
                break;
            case MempoolInput.Buried buried:
                Bury(buried, step);
                break;
            case MempoolInput.ReleaseFailed failed:
                Leases.TakeBack(failed, step);
                break;
            default:
                break;
        }

        Leases.Expire(step);
        Admit(input, step);
        Leases.Release(step);
        return (state, step.Outputs);
    }

    /// <summary>When the pool wants its next Tick, unix milliseconds; null when nothing can happen by itself.</summary>
    public static ulong? NextWake(MempoolState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var due = state.Due.First?.Due;
        return state.Ready.Oldest is not null && Leases.RoomOf(state) > 0 && !(due < state.PausedUntil) ? state.PausedUntil : due;
    }

    private static void Admit(MempoolInput input, PoolStep step)
    {
        switch (input)
        {
            case MempoolInput.Submit submit:
                Submit(submit, step);
                break;
            case MempoolInput.Accept accept:
                Leases.Accept(accept, step);
                break;
            case MempoolInput.Take take:
                Leases.Take(take, step);
                break;
            case MempoolInput.Decline decline:
                Leases.Decline(decline, step);
                break;
            case MempoolInput.Cancel cancel:
                Cancel(cancel, step);
                break;
            case MempoolInput.SetFreeSlots slots:
                (step.State.FreeSlots, step.State.IsRoomTold) = (slots.FreeSlots, true);
                break;
            case MempoolInput.Complete or MempoolInput.Buried or MempoolInput.ReleaseFailed or MempoolInput.Tick:
                break;
            default:
                throw new ArgumentException($"{input.GetType().Name} is not an input of a mempool.", nameof(input));
        }
    }

    private static void Submit(MempoolInput.Submit input, PoolStep step)
    {
        var state = step.State;
        if (state.TryGet(input.Request, out _))
        {
            step.Reply(MempoolOutcome.Repeated);
            return;
        }

        if (state.Done.Contains(input.Request))
        {
            step.Reply(MempoolOutcome.Ended);
            return;
        }

        if (input.Deadline <= step.Now)
        {
            step.Reply(MempoolOutcome.Expired);
            return;
        }

        JobEntry? replaced = null;
        if (input.Replaces is { } named && Replacement.Refusal(state, input, named, out replaced) is { } refusal)
        {
            step.Reply(refusal);
            return;
        }

        // A submission time in the future would be patience for free.
        var submittedAt = Math.Min(replaced?.Job.SubmittedAt ?? input.SubmittedAt, step.Now);
        var job = new Job(
            input.Payer, input.Fee, submittedAt, input.Deadline, input.Bytes, 0, 0, JobPhase.Waiting, submittedAt, 0, default, JobDeath.None);
        if (Eviction.Refusal(job, replaced, step) is { } full)
        {
            step.Reply(full);
            return;
        }

        step.Reply(MempoolOutcome.Accepted);
        state.Add(input.Request, job, step.Limits);
        step.Outputs.Add(new MempoolOutput.Keep(input.Request, job));
    }

    private static void Complete(MempoolInput.Complete input, PoolStep step)
    {
        var state = step.State;
        if (!state.TryGet(input.Request, out var entry))
        {
            step.Reply(MempoolOutcome.Repeated);
            return;
        }

        step.Reply(MempoolOutcome.Accepted);
        var freed = entry.Job.Phase == JobPhase.Running && state.IsRoomTold && state.FreeSlots < uint.MaxValue;
        state.FreeSlots += freed ? 1u : 0;
        End(entry, step);
    }

    // What a node has taken it runs to the end and is paid for.
    private static void Cancel(MempoolInput.Cancel input, PoolStep step)
    {
        if (!step.State.TryGet(input.Request, out var entry))
        {
            step.Reply(MempoolOutcome.Unknown);
            return;
        }

        if (entry.Job.Phase is not (JobPhase.Waiting or JobPhase.Released))
        {
            step.Reply(MempoolOutcome.LeaseLost);
            return;
        }

        // Its request is told like that of every other dead job: whoever cancels may be gone before it has.
        step.Reply(MempoolOutcome.Accepted);
        step.Kill(entry, JobDeath.Cancelled);
    }

    private static void Bury(MempoolInput.Buried input, PoolStep step)
    {
        if (step.State.TryGet(input.Request, out var entry) && entry.Job.Phase == JobPhase.Dead)
        {
            End(entry, step);
        }
    }

    private static void End(JobEntry entry, PoolStep step)
    {
        var until = step.Now + step.Limits.MemoryMilliseconds;
        step.State.Remove(entry, step.Limits);
        step.State.Done.Add(entry.Request, until, step.Now, step.Limits.MaxRemembered);
        step.Outputs.Add(new MempoolOutput.Forget(entry.Request, until));
    }
}

/// <summary>What one step carries along: the state, the time, the limits, and the outputs so far.</summary>
internal sealed record PoolStep(MempoolState State, ulong Now, MempoolLimits Limits)
{
    private static readonly MempoolOutput.Reply[] Replies = [.. Enum.GetValues<MempoolOutcome>().Select(static outcome => new MempoolOutput.Reply(outcome))];

    internal List<MempoolOutput> Outputs { get; } = [];

    internal void Reply(MempoolOutcome outcome) => Outputs.Add(Replies[(int)outcome]);

    /// <summary>Puts another state of the job in the place of its last one, and has it written.</summary>
    internal void Set(JobEntry entry, Job job)
    {
        State.Set(entry, job, Limits);
        Outputs.Add(new MempoolOutput.Keep(entry.Request, job));
    }

    internal void Kill(JobEntry entry, JobDeath death)
    {
        Set(entry, entry.Job with { Phase = JobPhase.Dead, Until = Now, Death = death, Node = default });
        Outputs.Add(new MempoolOutput.Bury(entry.Request, death));
    }
}
