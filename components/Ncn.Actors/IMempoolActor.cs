using Dapr.Actors;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>The queued requests of one model in one subnet, or a share of them, released to the work queue as nodes have room.</summary>
/// <remarks>
/// A job reaches it from the topic <c>mempool</c> (at least once; deduplicated by request id). Released, it is sent to the binding
/// <c>work-{subnet name}</c> as <see cref="WorkMessage"/>. A lease that is not accepted, or not renewed in time, is released again
/// under a new token; after <see cref="MaxDeliveries"/> the job is dead and its request fails, which frees the client's reservation.
/// </remarks>
public interface IMempoolActor : IActor
{
    /// <summary>Times that a job is handed out before it is given up.</summary>
    public const int MaxDeliveries = 5;

    /// <summary>Most steps of one call.</summary>
    public const int MaxSteps = 256;

    /// <summary>Takes the steps in their order, in one turn and one transaction. One result for each.</summary>
    Task<MempoolResult[]> ApplyAsync(MempoolStep[] steps);

    /// <summary>How many requests the model's nodes could start now: back-pressure for releases. Answered with the jobs that are not done.</summary>
    Task<int> SetFreeSlotsAsync(uint freeSlots);

    /// <summary>Counts for status and scaling.</summary>
    Task<MempoolView> GetAsync();
}

/// <summary>One thing that somebody wants of a mempool: exactly one member is set. Every step can be repeated.</summary>
public sealed record MempoolStep
{
    /// <summary>Adds a job; refused when the pool is full of better-paid ones, the payer has too many, or the job has expired.</summary>
    public QueuedJob? Submit { get; init; }

    /// <summary>A node takes a released job under its lease token, or renews its lease; refused when the lease is lost or the job done.</summary>
    public JobAccept? Accept { get; init; }

    /// <summary>A node gives a job back that it cannot run, or could not: another gets it.</summary>
    public JobAccept? Decline { get; init; }

    /// <summary>The job ended: it leaves the pool.</summary>
    public RequestId? Complete { get; init; }

    /// <summary>Takes a job out that no node has accepted; refused when one has, or the job is gone.</summary>
    public RequestId? Cancel { get; init; }
}

/// <param name="Accepted">False: see Reason. A node drops the job then.</param>
/// <param name="Reason">Why it was refused; empty otherwise.</param>
public sealed record MempoolResult(bool Accepted, string Reason)
{
    /// <summary>After an accept: how long the lease lasts from now unless the node renews it.</summary>
    public ulong LeaseMilliseconds { get; init; }
}

/// <param name="SubnetName">Names the work binding: work-{name}.</param>
/// <param name="Fee">The client's ceiling: decides the order, with age and the payers' turns.</param>
/// <param name="GatewayUrl">Where the node accepts the job and delivers the result.</param>
/// <param name="SubmittedAt">Unix milliseconds.</param>
/// <param name="Deadline">Unix milliseconds; an unfinished job is dead then.</param>
public sealed record QueuedJob(
    RequestId RequestId, SubnetId Subnet, string SubnetName, string Model, TokenAmount Fee, string GatewayUrl, ulong SubmittedAt,
    ulong Deadline)
{
    /// <summary>Who shares the queue fairly with others: a payer, or what stands for callers that pay nothing.</summary>
    public Address Payer { get; init; }

    /// <summary>Which of the model's pools it is in.</summary>
    public uint Shard { get; init; }

    /// <summary>The payer's own job whose place it takes, for a tenth more; null for none.</summary>
    public RequestId? Replaces { get; init; }
}

/// <param name="Waiting">In the pool, not released.</param>
/// <param name="Released">On the work queue or running.</param>
public sealed record MempoolView(int Waiting, int Released, uint FreeSlots);

/// <summary>What travels on the work queue: little, since the input is fetched from the gateway.</summary>
public sealed record WorkMessage(RequestId RequestId, ulong LeaseToken, string GatewayUrl, string Model);
