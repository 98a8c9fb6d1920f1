namespace Ncn.Inference.Scheduling;

/// <summary>The limits of <see cref="DynamicBatching"/>. Times are microseconds on one clock of the caller's choice.</summary>
/// <param name="Lanes">Runs that may go on at once, 1 or more.</param>
/// <param name="MaxRows">Most rows that are merged into one run, 1 or more. A request with more runs alone.</param>
/// <param name="MaxDelay">Longest time that a request waits for company while a lane is free, and that one is held after a run for those to come back that it answered; 0 or more.</param>
/// <param name="MaxQueued">Most requests that wait, 0 or more; the next is turned away.</param>
/// <param name="Shares">Runs that do not slow each other down, 1 to <paramref name="Lanes"/>: a group is shared out among them.</param>
/// <param name="LeastShare">Rows that a run has at least where a group is shared out, 1 or more.</param>
public sealed record BatchRules(int Lanes, int MaxRows, long MaxDelay, int MaxQueued, int Shares = 1, int LeastShare = 8);

/// <summary>A request, as far as batching needs to know it.</summary>
/// <param name="Id">Differs from that of every other request of the state's life.</param>
/// <param name="Group">Requests of the same group may be merged; <see cref="Alone"/> is merged with none.</param>
/// <param name="Rows">Its rows, 1 or more.</param>
/// <param name="ArrivedAt">When it came.</param>
public readonly record struct BatchItem(long Id, long Group, int Rows, long ArrivedAt)
{
    /// <summary>The group of a request that has to run alone.</summary>
    public const long Alone = 0;
}

/// <summary>What happens to the policy.</summary>
public abstract record BatchInput
{
    private BatchInput()
    {
    }

    /// <summary>A request came, at the time that it carries.</summary>
    public sealed record Arrive(BatchItem Item) : BatchInput;

    /// <summary>The caller of a request gave up. Nothing happens when it does not wait any more.</summary>
    public sealed record Cancel(long Id) : BatchInput;

    /// <summary>A run ended.</summary>
    /// <param name="Now">When.</param>
    /// <param name="Answered">Requests that got what they wanted from it and can be merged with others: not <see cref="BatchItem.Alone"/>, not given up.</param>
    public sealed record Finish(long Now, int Answered) : BatchInput;

    /// <summary>Time passed.</summary>
    public sealed record Tick(long Now) : BatchInput;

    /// <summary>Nothing is started any more; those that wait are sent away.</summary>
    public sealed record Close : BatchInput;
}

/// <summary>Why a request will not run.</summary>
public enum BatchDismissal
{
    /// <summary>Too many wait.</summary>
    Busy,

    /// <summary>Its caller gave up.</summary>
    Cancelled,

    /// <summary>The queue was closed.</summary>
    Stopping,
}

/// <summary>What the policy wants done.</summary>
public abstract record BatchOutput
{
    private BatchOutput()
    {
    }

    /// <summary>Run these together, in this order.</summary>
    public sealed record Start(IReadOnlyList<BatchItem> Items) : BatchOutput;

    /// <summary>Tell this request that it will not run.</summary>
    public sealed record Dismiss(long Id, BatchDismissal Reason) : BatchOutput;

    /// <summary>Send a <see cref="BatchInput.Tick"/> at this time or soon after.</summary>
    public sealed record WakeAt(long Time) : BatchOutput;
}
