using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Google.Protobuf;
using Ncn.Actors;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Network;
using Ncn.ComputeWorker.Observability;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Queued;

/// <summary>What is to become of the queue's message.</summary>
internal enum QueuedJobEnd
{
    /// <summary>Delivered, refused for good, or no longer ours: take it off the queue.</summary>
    Done,

    /// <summary>Somebody should try again.</summary>
    BringBack,
}

/// <summary>Runs jobs that were pulled from the work queue.</summary>
/// <remarks>
/// 1. Only for gateways of the configuration, and one run for each lease. 2. Accept at the gateway: it answers with job, voucher and
/// input, or that the lease is lost. 3. Run it like a direct job. 4. Deliver the result until the gateway has it; only then charge.
/// </remarks>
internal sealed class QueuedJobs(
    NodeIdentity node, JobDesk desk, KnownGateways gateways, GatewayClient client, RunningJobs running, NodeCounters counters, TimeProvider time,
    ILogger<QueuedJobs> logger)
{
    private const string Path = "queued";
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(RequestId Request, ulong Lease), byte> _leases = [];

    public async Task<QueuedJobEnd> RunAsync(WorkMessage message, CancellationToken cancellationToken)
    {
        if (gateways.Find(message.GatewayUrl) is not { } gateway)
        {
            logger.LogWarning("Work for the unknown gateway {Gateway} is left on the queue; add it to Ncn:Worker:Gateways to serve it.", message.GatewayUrl);
            return QueuedJobEnd.BringBack;
        }

        if (running.Slots.Free == 0 || !_leases.TryAdd((message.RequestId, message.LeaseToken), 0)) // 1
        {
            return QueuedJobEnd.BringBack;
        }

        try
        {
            var accept = new JobAccept(message.RequestId, node.Address, message.LeaseToken, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
            return await RunAsync(gateway.BaseAddress, node.Sign(accept), cancellationToken);
        }
        catch (GatewayException exception)
        {
            bool lost = exception.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound;
            logger.LogInformation("Request {Request} is {Fate}: {Problem}", message.RequestId, lost ? "dropped" : "left to be tried again", exception.Message);
            return lost ? QueuedJobEnd.Done : QueuedJobEnd.BringBack;
        }
        finally
        {
            _leases.TryRemove((message.RequestId, message.LeaseToken), out _);
        }
    }

    private async Task<QueuedJobEnd> RunAsync(Uri gateway, Signed<JobAccept> accept, CancellationToken cancellationToken)
    {
        AcceptedJob accepted = await client.AcceptAsync(gateway, accept, cancellationToken); // 2
        try
        {
            if (accepted.Job?.Message is null || accepted.Input is null)
            {
                throw new GatewayException($"{gateway} accepted without a job.");
            }

            using Activity? span = NodeTraces.Job(accepted.Job.Message, Path);
            await using RunningJob job = await desk.AdmitAsync(Path, accepted.Job, accepted.Payment, accepted.Input, cancellationToken);
            if (job.IsSealed)
            {
                throw new JobRefusedException(JobRefusalReason.Invalid, "Sealed requests are run on the direct path alone: their answers are no results for a queue.");
            }

            List<ResultChunk> chunks = [];
            await foreach (JobChunk chunk in job.RunAsync(cancellationToken)) // 3
            {
                chunks.Add(new ResultChunk(chunk.Index, chunk.TokenIds, chunk.Text, chunk.Tensors.ToArray(), chunk.RollingHash, chunk.Commitment)
                {
                    Logprobs = chunk.Logprobs.Count > 0 ? [.. chunk.Logprobs.Select(token => token.ToByteArray())] : null,
                });
            }

            await DeliverAsync(gateway, job, new JobResult(accept, job.DraftReceipt(), job.FinishReason, chunks, job.Fingerprints.Encode()), cancellationToken); // 4
            await job.ChargeAsync();
            counters.Complete();
            return QueuedJobEnd.Done;
        }
        catch (JobRefusedException refusal)
        {
            return await RefuseAsync(gateway, accept, refusal, cancellationToken);
        }
    }

    private async Task DeliverAsync(Uri gateway, RunningJob job, JobResult result, CancellationToken cancellationToken)
    {
        for (TimeSpan wait = FirstRetry; ; wait = wait + wait < LongestRetry ? wait + wait : LongestRetry)
        {
            try
            {
                await client.ResultAsync(gateway, result, cancellationToken);
                return;
            }
            catch (GatewayException exception) when (IsPassing(exception.Status) && (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() < job.Job.Deadline)
            {
                logger.LogWarning("The result of {Request} is delivered again in {Wait}: {Problem}", job.Job.RequestId, wait, exception.Message);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    private static bool IsPassing(HttpStatusCode? status) => status is null or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests;

    /// <summary>An input that can never run ends the request; all else may work elsewhere or later.</summary>
    private async Task<QueuedJobEnd> RefuseAsync(Uri gateway, Signed<JobAccept> accept, JobRefusedException refusal, CancellationToken cancellationToken)
    {
        logger.LogInformation("Request {Request} was not run: {Problem}", accept.Message.RequestId, refusal.Message);
        if (refusal.Reason == JobRefusalReason.TotalTooLow
            && gateways.Find(gateway.AbsoluteUri)?.Subnet?.Gateway is { } payer && desk.LastReceipt(payer) is { } proof)
        {
            await client.ProveAsync(gateway, proof, cancellationToken);
        }

        if (refusal.Reason != JobRefusalReason.Invalid)
        {
            return refusal.Reason == JobRefusalReason.TooLate ? QueuedJobEnd.Done : QueuedJobEnd.BringBack;
        }

        await client.RejectAsync(gateway, new JobRejection(accept, refusal.Code, refusal.Message), cancellationToken);
        return QueuedJobEnd.Done;
    }
}
