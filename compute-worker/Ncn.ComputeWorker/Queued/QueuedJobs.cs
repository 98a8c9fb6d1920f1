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
    /// <summary>The job is ours, somebody else's, or nobody's any more: take it off the queue.</summary>
    Done,

    /// <summary>Somebody should try again.</summary>
    BringBack,
}

/// <summary>Runs jobs that were pulled from the work queue.</summary>
/// <remarks>
/// 1. Only for gateways of the configuration, and one run for each lease. 2. What this node cannot run now goes back to the mempool at
/// once, which offers it to another. 3. Accept at the gateway: it answers with job, voucher and input, or that the lease is lost. From
/// here the mempool's lease keeps the job, not the queue's message: that one is done, and the next is pulled while this job runs.
/// 4. Run it like a direct job, renewing the lease; who has lost it stops. 5. Deliver the result until the gateway has it; only then charge.
/// </remarks>
internal sealed class QueuedJobs(
    NodeIdentity node, NodeModels models, JobDesk desk, KnownGateways gateways, GatewayClient client, RunningJobs running, NodeCounters counters,
    TimeProvider time, ILogger<QueuedJobs> logger) : IHostedService, IDisposable
{
    private const string Path = "queued";
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DeclineLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(RequestId Request, ulong Lease), TaskCompletionSource> _leases = [];
    private readonly CancellationTokenSource _stop = new();

    public async Task<QueuedJobEnd> TakeAsync(WorkMessage message, CancellationToken cancellationToken)
    {
        if (gateways.Find(message.GatewayUrl) is not { } gateway) // 1
        {
            logger.LogWarning("Work for the unknown gateway {Gateway} is left on the queue; add it to Ncn:Worker:Gateways to serve it.", message.GatewayUrl);
            return QueuedJobEnd.BringBack;
        }

        if (!_leases.TryAdd((message.RequestId, message.LeaseToken), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)))
        {
            return QueuedJobEnd.Done;
        }

        bool runs = false;
        try
        {
            Signed<JobAccept> accept = Accept(message);
            if (running.Slots.Free == 0 || models.Offers.All(offer => offer.Name != message.Model)) // 2
            {
                await client.DeclineAsync(gateway.BaseAddress, accept, cancellationToken);
                return QueuedJobEnd.Done;
            }

            AcceptedJob accepted = await client.AcceptAsync(gateway.BaseAddress, accept, cancellationToken); // 3
            RunningJob? job = await AdmitAsync(gateway.BaseAddress, accept, accepted, cancellationToken);
            runs = job is not null;
            if (job is not null)
            {
                _ = Task.Run(() => RunAsync(gateway.BaseAddress, message, accept, accepted, job), CancellationToken.None);
            }

            return QueuedJobEnd.Done;
        }
        catch (GatewayException exception)
        {
            bool lost = IsLost(exception);
            logger.LogInformation("Request {Request} is {Fate}: {Problem}", message.RequestId, lost ? "dropped" : "left to be tried again", exception.Message);
            return lost ? QueuedJobEnd.Done : QueuedJobEnd.BringBack;
        }
        finally
        {
            End(message, isOver: !runs);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The running jobs had their time to end (<see cref="Membership.StoppingAsync"/>); what is left goes back to the queue.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_leases.Values.Select(run => run.Task)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    private Signed<JobAccept> Accept(WorkMessage message) =>
        node.Sign(new JobAccept(message.RequestId, node.Address, message.LeaseToken, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()));

    private static bool IsLost(GatewayException exception) => exception.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound;

    private void End(WorkMessage message, bool isOver)
    {
        if (isOver && _leases.TryRemove((message.RequestId, message.LeaseToken), out TaskCompletionSource? run))
        {
            run.SetResult();
        }
    }

    // Null when the job cannot be run here: it was refused or given back.
    private async Task<RunningJob?> AdmitAsync(Uri gateway, Signed<JobAccept> accept, AcceptedJob accepted, CancellationToken cancellationToken)
    {
        if (accepted.Job?.Message is null || accepted.Input is null)
        {
            throw new GatewayException($"{gateway} accepted without a job.");
        }

        try
        {
            RunningJob job = await desk.AdmitAsync(Path, accepted.Job, accepted.Payment, accepted.Input, cancellationToken);
            if (!job.IsSealed)
            {
                return job;
            }

            await job.DisposeAsync();
            throw new JobRefusedException(JobRefusalReason.Invalid, "Sealed requests are run on the direct path alone: their answers are no results for a queue.");
        }
        catch (JobRefusedException refusal)
        {
            await RefuseAsync(gateway, accept, refusal, cancellationToken);
            return null;
        }
    }

    private async Task RunAsync(Uri gateway, WorkMessage message, Signed<JobAccept> accept, AcceptedJob accepted, RunningJob job)
    {
        using var lease = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task renewal = RenewAsync(gateway, message, TimeSpan.FromMilliseconds(accepted.LeaseMilliseconds), lease);
        try
        {
            await using (job)
            {
                using Activity? span = NodeTraces.Job(job.Job, Path);
                await RunAsync(gateway, accept, job, lease.Token);
            }
        }
        catch (JobRefusedException refusal)
        {
            await GiveUpAsync(message, () => RefuseAsync(gateway, accept, refusal, CancellationToken.None));
        }
        catch (Exception exception)
        {
            logger.LogWarning("Request {Request} ended here without an answer: {Problem}", message.RequestId, exception.Message);
            bool isOurs = exception is not GatewayException lost || !IsLost(lost);
            await GiveUpAsync(message, () => isOurs ? DeclineAsync(gateway, accept) : Task.CompletedTask);
        }
        finally
        {
            await lease.CancelAsync();
            await renewal;
            End(message, isOver: true);
        }
    }

    private async Task RunAsync(Uri gateway, Signed<JobAccept> accept, RunningJob job, CancellationToken cancellationToken)
    {
        List<ResultChunk> chunks = [];
        await foreach (JobChunk chunk in job.RunAsync(cancellationToken)) // 4
        {
            chunks.Add(new ResultChunk(chunk.Index, chunk.TokenIds, chunk.Text, chunk.Tensors.ToArray(), chunk.RollingHash, chunk.Commitment)
            {
                Logprobs = chunk.Logprobs.Count > 0 ? [.. chunk.Logprobs.Select(token => token.ToByteArray())] : null,
            });
        }

        cancellationToken.ThrowIfCancellationRequested();
        await DeliverAsync(gateway, job, new JobResult(accept, job.DraftReceipt(), job.FinishReason, chunks, job.Fingerprints.Encode()), cancellationToken); // 5
        await job.ChargeAsync();
        counters.Complete();
    }

    /// <summary>At each third of the lease, until the job ends; a lease that is lost ends the job.</summary>
    private async Task RenewAsync(Uri gateway, WorkMessage message, TimeSpan length, CancellationTokenSource lease)
    {
        if (length <= TimeSpan.Zero)
        {
            return;
        }

        try
        {
            while (true)
            {
                await Task.Delay(length / 3, time, lease.Token);
                length = await TryRenewAsync(gateway, message, length, lease.Token);
            }
        }
        catch (GatewayException exception)
        {
            logger.LogWarning("Request {Request} is given up, since another node may have it: {Problem}", message.RequestId, exception.Message);
            await lease.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            logger.LogDebug("The lease of request {Request} needs no renewal any more.", message.RequestId);
        }
    }

    // A gateway that cannot be asked now is asked again after another third; only its word that the lease is lost counts.
    private async Task<TimeSpan> TryRenewAsync(Uri gateway, WorkMessage message, TimeSpan length, CancellationToken cancellationToken)
    {
        try
        {
            RenewedLease renewed = await client.RenewAsync(gateway, Accept(message), cancellationToken);
            return renewed.LeaseMilliseconds > 0 ? TimeSpan.FromMilliseconds(renewed.LeaseMilliseconds) : length;
        }
        catch (GatewayException exception) when (!IsLost(exception))
        {
            logger.LogWarning("The lease of request {Request} could not be renewed and is tried again: {Problem}", message.RequestId, exception.Message);
            return length;
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

    private async Task DeclineAsync(Uri gateway, Signed<JobAccept> accept)
    {
        using var limit = new CancellationTokenSource(DeclineLimit, time);
        await client.DeclineAsync(gateway, accept, limit.Token);
    }

    // The job's lease ends by itself when this fails.
    private async Task GiveUpAsync(WorkMessage message, Func<Task> tell)
    {
        try
        {
            await tell();
        }
        catch (Exception exception) when (exception is GatewayException or OperationCanceledException)
        {
            logger.LogInformation("The gateway was not told that request {Request} is not run here; its lease ends by itself: {Problem}", message.RequestId, exception.Message);
        }
    }

    /// <summary>An input that can never run ends the request; all else may work elsewhere or later.</summary>
    private async Task RefuseAsync(Uri gateway, Signed<JobAccept> accept, JobRefusedException refusal, CancellationToken cancellationToken)
    {
        logger.LogInformation("Request {Request} was not run: {Problem}", accept.Message.RequestId, refusal.Message);
        if (refusal.Reason == JobRefusalReason.TotalTooLow
            && gateways.Find(gateway.AbsoluteUri)?.Subnet?.Gateway is { } payer && desk.LastReceipt(payer) is { } proof)
        {
            await client.ProveAsync(gateway, proof, cancellationToken);
        }

        await (refusal.Reason switch
        {
            JobRefusalReason.Invalid => client.RejectAsync(gateway, new JobRejection(accept, refusal.Code, refusal.Message), cancellationToken),
            // The lease ends with the deadline, and nobody is to have the job after that.
            JobRefusalReason.TooLate => Task.CompletedTask,
            _ => client.DeclineAsync(gateway, accept, cancellationToken),
        });
    }
}
