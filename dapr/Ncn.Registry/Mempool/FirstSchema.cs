using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Mempool;

/// <summary>
/// Pools as they were first stored: one for a whole subnet, under its number alone. Their reminder still wakes them; each job then moves
/// to the pool of its model, and is handed out there anew.
/// </summary>
internal sealed class FirstSchema(MempoolTurns pools, Requests.FailedRequests failed)
{
    private const int Buckets = 16;
    private const string LastTokenKey = "last-token";

    internal static bool IsOf(ActorId pool) => !pool.GetId().Contains('-', StringComparison.Ordinal);

    /// <summary>Moves every job and stages the removal of all entries. Done again after a crash, it finds its jobs moved.</summary>
    internal async Task MoveAsync(IActorStateManager store)
    {
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            var jobs = await store.TryGetStateAsync<Dictionary<Hash32, JsonElement>>($"jobs-{bucket:x}");
            foreach (var (id, _) in jobs.HasValue ? jobs.Value : [])
            {
                await MoveAsync(store, new RequestId(id));
            }

            await store.TryRemoveStateAsync($"jobs-{bucket:x}");
            await store.TryRemoveStateAsync($"done-{bucket:x}");
        }

        await store.TryRemoveStateAsync(LastTokenKey);
    }

    private async Task MoveAsync(IActorStateManager store, RequestId request)
    {
        var key = $"job-{request}";
        var carried = await store.TryGetStateAsync<QueuedJob>(key);
        if (!carried.HasValue)
        {
            return;
        }

        var job = carried.Value;
        var moved = await pools.AskAsync(job.Subnet, job.Model, job.Shard, new MempoolStep { Submit = job });
        await (moved.Accepted ? Task.CompletedTask : failed.TellAsync(request, "not_queued", $"{moved.Reason} Nothing is charged."));
        await store.TryRemoveStateAsync(key);
    }
}
