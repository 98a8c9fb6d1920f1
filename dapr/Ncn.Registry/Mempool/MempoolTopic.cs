using Ncn.Actors;
using Ncn.Registry.Hosting;
using Ncn.Registry.Requests;

namespace Ncn.Registry.Mempool;

/// <summary>Takes jobs from the topic <c>mempool</c>. A job that the pool refuses fails its request at once.</summary>
internal sealed class MempoolTopic(MempoolTurns pools, FailedRequests failed, ILogger<MempoolTopic> log)
{
    internal Task ReceiveAsync(HttpContext http) => Topics.ReceiveAsync<QueuedJob>(http, log, async job =>
    {
        // The pool's own check sees only what can be told a pool for.
        var result = QueuedJobRules.Problem(job, job.Subnet) is { } problem
            ? new MempoolResult(false, problem)
            : await pools.AskAsync(job.Subnet, job.Model, job.Shard, new MempoolStep { Submit = job });
        if (!result.Accepted)
        {
            await failed.TellAsync(job.RequestId, "not_queued", $"{result.Reason} Nothing is charged.");
        }
    });
}
