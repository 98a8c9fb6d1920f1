using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Registry.Hosting;
using Ncn.Registry.Requests;

namespace Ncn.Registry.Mempool;

/// <summary>Takes jobs from the topic <c>mempool</c>. A job that the pool refuses fails its request at once.</summary>
internal sealed class MempoolTopic(IActorProxyFactory actors, FailedRequests failed, ILogger<MempoolTopic> log)
{
    internal Task ReceiveAsync(HttpContext http) => Topics.ReceiveAsync<QueuedJob>(http, log, async job =>
    {
        var pool = actors.CreateActorProxy<IMempoolActor>(ActorTypes.IdOf(job.Subnet), ActorTypes.Mempool);
        var result = await pool.SubmitAsync(job);
        if (!result.Accepted)
        {
            await failed.TellAsync(job.RequestId, "not_queued", $"{result.Reason} Nothing is charged.");
        }
    });
}
