namespace Ncn.Coordination.Admission;

/// <summary>What can happen to a queue. Time comes in as unix milliseconds.</summary>
public abstract record FairQueueInput(ulong Now)
{
    /// <summary>A request came.</summary>
    public sealed record Arrive(ulong Now, Applicant Applicant) : FairQueueInput(Now);

    /// <summary>A request that may still wait is wanted no more.</summary>
    public sealed record Leave(ulong Now, Applicant Applicant) : FairQueueInput(Now);

    /// <summary>A request that was let in has ended.</summary>
    public sealed record End(ulong Now, Applicant Applicant) : FairQueueInput(Now);

    /// <summary>There are so many places from now on.</summary>
    public sealed record SetCapacity(ulong Now, int Capacity) : FairQueueInput(Now);

    /// <summary>Time passed.</summary>
    public sealed record Tick(ulong Now) : FairQueueInput(Now);
}

/// <summary>Why a request is sent away.</summary>
public enum ShedReason
{
    /// <summary>Its payer has as many waiting as one may have.</summary>
    PayerFull,

    /// <summary>The whole queue is full, and this payer's requests are the most.</summary>
    QueueFull,

    /// <summary>It has waited as long as it may.</summary>
    WaitedTooLong,
}

/// <summary>What the shell is to do.</summary>
public abstract record FairQueueOutput(Applicant Applicant)
{
    /// <summary>Let it in.</summary>
    public sealed record Admit(Applicant Applicant) : FairQueueOutput(Applicant);

    /// <summary>Send it away.</summary>
    public sealed record Shed(Applicant Applicant, ShedReason Reason, int RetryAfterSeconds) : FairQueueOutput(Applicant);
}
