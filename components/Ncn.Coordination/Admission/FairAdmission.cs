namespace Ncn.Coordination.Admission;

/// <summary>The pure core of admission: a bounded queue that payers share fairly, by deficit round robin (Shreedhar and Varghese, 1995).</summary>
/// <remarks>
/// 1. While there are places and nobody waits, who comes is let in. 2. Payers with waiting requests are visited in turn; a visit gives a
/// payer <see cref="FairQueueLimits.Quantum"/> of work, times a weight, and lets in its first requests while they fit into what it was
/// given. 3. The weight is how many times the queue's lowest rate of pay its first request offers, up to
/// <see cref="FairQueueLimits.MaxWeight"/>: pay buys a larger share, and nobody starves. 4. Among one payer's own, priority, pay and age
/// decide. 5. A full queue sheds from the payer that has the most in it.
/// Invariants: places taken are those of the requests let in and not ended; what waits is within the limits; while there are places and
/// somebody below the payer's limit waits, somebody is let in; each applicant is admitted or shed at most once.
/// </remarks>
public static class FairAdmission
{
    private const ulong LongestPaceMilliseconds = 10_000;
    private const ulong PaceMemory = 8;

    /// <summary>One step.</summary>
    public static (FairQueueState State, IReadOnlyList<FairQueueOutput> Outputs) Apply(FairQueueState state, FairQueueInput input, FairQueueLimits limits)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(limits);
        var step = new QueueStep(input.Now, limits);
        var next = input switch
        {
            FairQueueInput.Arrive arrive => Arrive(Expire(state, step), arrive.Applicant, step),
            FairQueueInput.Leave leave => Remove(state, leave.Applicant),
            FairQueueInput.End end => End(state, end.Applicant, step),
            FairQueueInput.SetCapacity capacity => state with { Capacity = Math.Max(0, capacity.Capacity) },
            FairQueueInput.Tick => state,
            _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a queue.", nameof(input)),
        };
        return (next.Waiting == 0 ? next : Turns.Dispatch(Expire(next, step), step), step.Outputs);
    }

    /// <summary>When the queue wants its next Tick, unix milliseconds; null while nothing waits.</summary>
    public static ulong? NextWake(FairQueueState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Waiting == 0 ? null : state.NextExpiry;
    }

    private static FairQueueState Arrive(FairQueueState state, Applicant applicant, QueueStep step)
    {
        if (applicant.Slots < 1 || applicant.Work < 1)
        {
            throw new ArgumentException("A request takes at least one place and asks for some work.", nameof(applicant));
        }

        var share = state.ShareOf(applicant.Payer);
        if (state.Waiting == 0 && Turns.HasRoom(state, applicant) && Turns.MayRun(share, applicant, step.Limits))
        {
            return Turns.Admit(state, share, applicant, step);
        }

        if (share.Waiting.Count >= step.Limits.MaxWaitingPerPayer)
        {
            return Shed(state, applicant, ShedReason.PayerFull, step);
        }

        return MakeRoom(state, applicant, share, step) is { } roomy ? Enqueue(roomy, applicant) : Shed(state, applicant, ShedReason.QueueFull, step);
    }

    private static FairQueueState Enqueue(FairQueueState state, Applicant applicant)
    {
        var share = state.ShareOf(applicant.Payer);
        return state.With(applicant.Payer, share with { Waiting = share.Waiting.Add(applicant) }) with
        {
            Waiting = state.Waiting + 1,
            Turns = share.Waiting.IsEmpty ? state.Turns.Add(applicant.Payer) : state.Turns,
            BaseRate = UInt128.Min(state.Waiting == 0 ? UInt128.MaxValue : state.BaseRate, applicant.Rate),
            NextExpiry = Math.Min(state.Waiting == 0 ? ulong.MaxValue : state.NextExpiry, applicant.Until),
        };
    }

    // Room is made at the cost of who has the most waiting; of two with as many, the worse paid one gives way.
    private static FairQueueState? MakeRoom(FairQueueState state, Applicant applicant, PayerShare own, QueueStep step)
    {
        if (state.Waiting < step.Limits.MaxWaiting)
        {
            return state;
        }

        var most = state.Turns.Count == 0 ? PayerShare.None : state.Turns.Select(state.ShareOf).MaxBy(static share => share.Waiting.Count)!;
        if (most.Waiting.Count > own.Waiting.Count + 1 || (most.Waiting.Count == own.Waiting.Count + 1 && most.Waiting.Max!.Rate < applicant.Rate))
        {
            return Shed(Remove(state, most.Waiting.Max!), most.Waiting.Max!, ShedReason.QueueFull, step);
        }

        return null;
    }

    private static FairQueueState Shed(FairQueueState state, Applicant applicant, ShedReason reason, QueueStep step)
    {
        step.Outputs.Add(new FairQueueOutput.Shed(applicant, reason, state.RetryAfterSeconds));
        return state;
    }

    private static FairQueueState Remove(FairQueueState state, Applicant applicant)
    {
        var share = state.ShareOf(applicant.Payer);
        return share.Waiting.Contains(applicant) ? Turns.Take(state, share, applicant) : state;
    }

    private static FairQueueState End(FairQueueState state, Applicant applicant, QueueStep step)
    {
        var share = state.ShareOf(applicant.Payer);
        if (share.Slots < applicant.Slots || state.Slots < applicant.Slots)
        {
            throw new InvalidOperationException($"The request {applicant.Id} ends and was not let in.");
        }

        var sinceLast = state.LastEndAt == 0 || step.Now < state.LastEndAt ? 0 : Math.Min(step.Now - state.LastEndAt, LongestPaceMilliseconds);
        return state.With(applicant.Payer, share with { Slots = share.Slots - applicant.Slots }) with
        {
            Slots = state.Slots - applicant.Slots,
            PaceMilliseconds = ((state.PaceMilliseconds * (PaceMemory - 1)) + sinceLast) / PaceMemory,
            LastEndAt = step.Now,
        };
    }

    private static FairQueueState Expire(FairQueueState state, QueueStep step)
    {
        if (state.Waiting == 0 || step.Now < state.NextExpiry)
        {
            return state;
        }

        var waiting = state.Turns.SelectMany(payer => state.ShareOf(payer).Waiting).ToArray();
        foreach (var late in waiting.Where(applicant => applicant.Until <= step.Now))
        {
            state = Shed(Remove(state, late), late, ShedReason.WaitedTooLong, step);
        }

        return state with { NextExpiry = waiting.Where(applicant => applicant.Until > step.Now).Select(static applicant => applicant.Until).DefaultIfEmpty(ulong.MaxValue).Min() };
    }
}

/// <summary>What one step carries along: the time, the limits, and the outputs so far.</summary>
internal sealed class QueueStep(ulong now, FairQueueLimits limits)
{
    internal ulong Now { get; } = now;

    internal FairQueueLimits Limits { get; } = limits;

    internal List<FairQueueOutput> Outputs { get; } = new(1);
}
