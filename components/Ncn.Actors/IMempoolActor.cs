using Dapr.Actors;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>The queued requests of one subnet, released to the work queue by fee and age as nodes have room.</summary>
/// <remarks>
/// A job reaches it from the topic <c>mempool</c> (at least once; deduplicated by request id). Released, it is sent to the binding
/// <c>work-{subnet name}</c> as <see cref="WorkMessage"/>. A lease that is not accepted or not completed in time is released again
/// under a new token; after <see cref="MaxDeliveries"/> the job is dead and its request fails, which frees the client's reservation.
/// </remarks>
public interface IMempoolActor : IActor
{
    /// <summary>Times that a job is handed out before it is given up.</summary>
    public const int MaxDeliveries = 5;

    /// <summary>Adds a job; false with a reason when the pool is full of better-paid ones or the job has expired.</summary>
    Task<SubmitResult> SubmitAsync(QueuedJob job);

    /// <summary>A node takes a released job under its lease token; refused when the lease is lost or the job done.</summary>
    Task<AcceptResult> AcceptAsync(JobAccept accept);

    /// <summary>The job ended under this lease: it leaves the pool. Idempotent.</summary>
    Task CompleteAsync(RequestId requestId);

    /// <summary>Takes a job out that no node has accepted; false when one has, or the job is gone.</summary>
    Task<bool> CancelAsync(RequestId requestId);

    /// <summary>How many requests the subnet's nodes could start now: back-pressure for releases.</summary>
    Task SetFreeSlotsAsync(uint freeSlots);

    /// <summary>Counts for status and scaling.</summary>
    Task<MempoolView> GetAsync();
}

/// <param name="SubnetName">Names the work binding: work-{name}.</param>
/// <param name="Fee">The client's ceiling: decides the order, with age.</param>
/// <param name="GatewayUrl">Where the node accepts the job and delivers the result.</param>
/// <param name="SubmittedAt">Unix milliseconds.</param>
/// <param name="Deadline">Unix milliseconds; an unfinished job is dead then.</param>
public sealed record QueuedJob(
    RequestId RequestId, SubnetId Subnet, string SubnetName, string Model, TokenAmount Fee, string GatewayUrl, ulong SubmittedAt,
    ulong Deadline);

public sealed record SubmitResult(bool Accepted, string Reason);

/// <param name="Accepted">False: drop the job, see Reason.</param>
public sealed record AcceptResult(bool Accepted, string Reason, QueuedJob? Job);

/// <param name="Waiting">In the pool, not released.</param>
/// <param name="Released">On the work queue or running.</param>
public sealed record MempoolView(int Waiting, int Released, uint FreeSlots);

/// <summary>What travels on the work queue: little, since the input is fetched from the gateway.</summary>
public sealed record WorkMessage(RequestId RequestId, ulong LeaseToken, string GatewayUrl, string Model);
