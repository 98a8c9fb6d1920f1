using Ncn.Protocol;

namespace Ncn.Coordination.Requests;

/// <summary>What became of a request.</summary>
public enum RequestPhase
{
    /// <summary>There is none, or it was forgotten.</summary>
    None,

    /// <summary>It waits in the mempool or runs from there.</summary>
    Pending,

    /// <summary>A gateway runs it.</summary>
    Running,

    /// <summary>It has its answer.</summary>
    Done,

    /// <summary>Its answer is a failure.</summary>
    Failed,
}

/// <summary>One request that must be answered exactly once. The input and the answer themselves are the shell's.</summary>
/// <param name="Fingerprint">Tells one request from another under the same id.</param>
/// <param name="BegunAt">Unix milliseconds.</param>
/// <param name="LeaseUntil">Unix milliseconds; a repeat may take over from then on.</param>
/// <param name="ForgetAt">Unix milliseconds; nothing is known of it from then on.</param>
public sealed record RequestState(RequestPhase Phase, Hash32 Fingerprint, ulong BegunAt, ulong LeaseUntil, ulong ForgetAt)
{
    /// <summary>No request.</summary>
    public static RequestState Empty { get; } = new(RequestPhase.None, default, 0, 0, 0);

    /// <summary>Whether an answer is kept.</summary>
    public bool IsAnswered => Phase is RequestPhase.Done or RequestPhase.Failed;
}

/// <summary>What can happen to a request. Time comes in as unix milliseconds.</summary>
public abstract record RequestInput(ulong Now)
{
    /// <summary>Somebody wants to run it for at most <paramref name="LeaseMilliseconds"/>.</summary>
    public sealed record Begin(ulong Now, Hash32 Fingerprint, ulong LeaseMilliseconds, bool IsQueued) : RequestInput(Now);

    /// <summary>It has an answer.</summary>
    public sealed record Complete(ulong Now, bool IsSuccess) : RequestInput(Now);

    /// <summary>It has an answer, and may never have been begun here.</summary>
    public sealed record Keep(ulong Now, Hash32 Fingerprint, bool IsSuccess) : RequestInput(Now);

    /// <summary>The run delivered nothing.</summary>
    /// <param name="BegunAt">Only the run that began then, unix milliseconds: what comes late does not end a later one. Null: whichever it is.</param>
    public sealed record Abandon(ulong Now, ulong? BegunAt = null) : RequestInput(Now);

    /// <summary>Time has passed.</summary>
    public sealed record Tick(ulong Now) : RequestInput(Now);
}

/// <summary>What the shell is to do after a step.</summary>
public abstract record RequestOutput
{
    private RequestOutput()
    {
    }

    /// <summary>Let the caller run it, and keep its input.</summary>
    public sealed record Start : RequestOutput;

    /// <summary>Tell the caller that another run holds the lease.</summary>
    public sealed record TellInProgress : RequestOutput;

    /// <summary>Give the caller the stored answer.</summary>
    public sealed record GiveAnswer : RequestOutput;

    /// <summary>Tell the caller that the id was used for another request.</summary>
    public sealed record TellConflict : RequestOutput;

    /// <summary>Keep this answer: it is the one.</summary>
    public sealed record KeepAnswer : RequestOutput;

    /// <summary>The step changed nothing: it came too late, or there was nothing to change.</summary>
    public sealed record Ignore : RequestOutput;

    /// <summary>Drop the input and the answer.</summary>
    public sealed record Forget : RequestOutput;

    /// <summary>Wake at this time, unix milliseconds.</summary>
    public sealed record WakeAt(ulong Time) : RequestOutput;
}

/// <summary>The pure core of an exactly-once request.</summary>
/// <remarks>
/// Invariants, kept by every step: an answered request keeps its first answer until it is forgotten; at most one lease is good at
/// a time; a fingerprint never changes while the request is known.
/// </remarks>
public static class RequestLedger
{
    /// <summary>Longest lease, milliseconds: a day.</summary>
    public const ulong MaxLeaseMilliseconds = 24UL * 60 * 60 * 1000;

    /// <summary>One step. The state is to be durable before the outputs leave the process.</summary>
    /// <param name="retentionMilliseconds">How long a request is remembered after its last step.</param>
    public static (RequestState State, IReadOnlyList<RequestOutput> Outputs) Apply(RequestState state, RequestInput input, ulong retentionMilliseconds)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        var isOver = state.Phase != RequestPhase.None && state.ForgetAt <= input.Now;
        var (next, outputs) = Known(isOver ? RequestState.Empty : state, input, retentionMilliseconds);
        return (next, isOver ? [new RequestOutput.Forget(), .. outputs] : outputs);
    }

    private static (RequestState State, RequestOutput[] Outputs) Known(RequestState state, RequestInput input, ulong retention) => input switch
    {
        RequestInput.Begin begin => Begin(state, begin, retention),
        RequestInput.Complete complete => Complete(state, complete, retention),
        RequestInput.Keep keep => Keep(state, keep, retention),
        RequestInput.Abandon abandon => state.Phase == RequestPhase.None || state.IsAnswered || (abandon.BegunAt is { } begun && begun != state.BegunAt)
            ? (state, [new RequestOutput.Ignore()])
            : (RequestState.Empty, [new RequestOutput.Forget()]),
        RequestInput.Tick => (state, state.Phase == RequestPhase.None ? [] : [new RequestOutput.WakeAt(state.ForgetAt)]),
        _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a request.", nameof(input)),
    };

    private static (RequestState, RequestOutput[]) Begin(RequestState state, RequestInput.Begin input, ulong retention)
    {
        if (state.Phase != RequestPhase.None && state.Fingerprint != input.Fingerprint)
        {
            return (state, [new RequestOutput.TellConflict()]);
        }

        if (state.IsAnswered)
        {
            return (state, [new RequestOutput.GiveAnswer()]);
        }

        if (state.Phase != RequestPhase.None && input.Now < state.LeaseUntil)
        {
            return (state, [new RequestOutput.TellInProgress()]);
        }

        var leaseUntil = input.Now + Math.Min(input.LeaseMilliseconds, MaxLeaseMilliseconds);
        var forgetAt = leaseUntil + retention;
        var phase = input.IsQueued ? RequestPhase.Pending : RequestPhase.Running;
        return (new RequestState(phase, input.Fingerprint, input.Now, leaseUntil, forgetAt), [new RequestOutput.Start(), new RequestOutput.WakeAt(forgetAt)]);
    }

    private static (RequestState, RequestOutput[]) Keep(RequestState state, RequestInput.Keep input, ulong retention)
    {
        if (state.Phase != RequestPhase.None)
        {
            return state.Fingerprint == input.Fingerprint
                ? Complete(state, new RequestInput.Complete(input.Now, input.IsSuccess), retention) : (state, [new RequestOutput.Ignore()]);
        }

        var forgetAt = input.Now + retention;
        var phase = input.IsSuccess ? RequestPhase.Done : RequestPhase.Failed;
        return (
            new RequestState(phase, input.Fingerprint, input.Now, input.Now, forgetAt),
            [new RequestOutput.KeepAnswer(), new RequestOutput.WakeAt(forgetAt)]);
    }

    private static (RequestState, RequestOutput[]) Complete(RequestState state, RequestInput.Complete input, ulong retention)
    {
        if (state.Phase == RequestPhase.None || state.IsAnswered)
        {
            return (state, [new RequestOutput.Ignore()]);
        }

        var answered = state with
        {
            Phase = input.IsSuccess ? RequestPhase.Done : RequestPhase.Failed,
            ForgetAt = input.Now + retention,
        };
        // The wake-up of the begin stands: it comes within a lease of this time, and a Tick that is early sets the next.
        return (answered, [new RequestOutput.KeepAnswer()]);
    }
}
