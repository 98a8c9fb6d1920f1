using System.Text.Json;
using Dapr.Actors;
using Ncn.Actors;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Registry.Mempool;

/// <summary>What a caller's step is to the core, and what the core's answer is to the caller.</summary>
internal static class MempoolSteps
{
    /// <summary>Why a step is refused before the core sees it, or null.</summary>
    internal static string? Problem(MempoolStep? step, SubnetId subnet, ActorId pool)
    {
        var members = step is null ? 0
            : new object?[] { step.Submit, step.Accept, step.Decline, step.Complete, step.Cancel }.Count(static member => member is not null);
        return members != 1 ? "A step of a mempool has exactly one member."
            : step!.Submit is not { } job ? null
            : QueuedJobRules.Problem(job, subnet) is { } problem ? problem
            : ActorTypes.IdOf(job.Subnet, job.Model, job.Shard).GetId() == pool.GetId() ? null
            : $"The job is for another pool than {pool}.";
    }

    internal static MempoolInput ToInput(MempoolStep step, ulong now) => step switch
    {
        { Submit: { } job } => new MempoolInput.Submit(
            now, job.RequestId, job.Payer, job.Fee, job.SubmittedAt, job.Deadline, (uint)JsonSerializer.SerializeToUtf8Bytes(job, ProtocolJson.Options).Length,
            job.Replaces),
        { Accept: { } accept } => new MempoolInput.Accept(now, accept.RequestId, accept.LeaseToken, accept.Node),
        { Decline: { } decline } => new MempoolInput.Decline(now, decline.RequestId, decline.LeaseToken, decline.Node),
        { Complete: { } request } => new MempoolInput.Complete(now, request),
        { Cancel: { } request } => new MempoolInput.Cancel(now, request),
        _ => throw new ArgumentException("A step of a mempool has exactly one member.", nameof(step)),
    };

    internal static MempoolResult ResultOf(MempoolStep step, MempoolOutcome outcome, MempoolLimits limits) =>
        new(outcome is MempoolOutcome.Accepted or MempoolOutcome.Repeated, ReasonOf(outcome))
        {
            LeaseMilliseconds = step.Accept is not null && outcome == MempoolOutcome.Accepted ? limits.RunMilliseconds : 0,
        };

    private static string ReasonOf(MempoolOutcome outcome) => outcome switch
    {
        MempoolOutcome.Accepted or MempoolOutcome.Repeated => string.Empty,
        MempoolOutcome.Ended => "The job was in the queue before and has ended there; it is not run again under its key.",
        MempoolOutcome.Expired => "The job's deadline has passed.",
        MempoolOutcome.Full => "The queue is full of jobs that pay as much or more.",
        MempoolOutcome.PayerFull => "The payer has as many jobs in the queue as one may have; wait for some of them.",
        MempoolOutcome.NotReplaceable => "The request to be replaced is not in the queue, is another payer's, or runs already.",
        MempoolOutcome.FeeTooLow => "A request is replaced by one whose ceiling is more than a tenth higher.",
        MempoolOutcome.Unknown => "The job is not in the queue: it is done or was given up.",
        MempoolOutcome.LeaseLost => "The lease is lost: it expired, or another node has the job.",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
