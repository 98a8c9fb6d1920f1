using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Mempool;

/// <summary>A pool in the state store: its counters, its jobs, the finished ones, and what each living job carries.</summary>
internal static class MempoolStore
{
    private const string LastTokenKey = "last-token";
    private const string JobsName = "jobs";
    private const string DoneName = "done";

    internal static async Task<MempoolState> LoadAsync(IActorStateManager store)
    {
        var lastToken = await store.TryGetStateAsync<ulong>(LastTokenKey);
        return MempoolState.Empty with
        {
            Jobs = await Buckets.LoadAsync(store, JobsName, MempoolState.Empty.Jobs),
            Done = await Buckets.LoadAsync(store, DoneName, MempoolState.Empty.Done),
            LastToken = lastToken.HasValue ? lastToken.Value : 0,
        };
    }

    /// <summary>Stages what differs; the caller commits it in one transaction. Free slots are told again within a second and need no write.</summary>
    internal static async Task StageAsync(IActorStateManager store, MempoolState before, MempoolState after)
    {
        if (after.LastToken != before.LastToken)
        {
            await store.SetStateAsync(LastTokenKey, after.LastToken);
        }

        await Buckets.StageAsync(store, JobsName, before.Jobs, after.Jobs);
        await Buckets.StageAsync(store, DoneName, before.Done, after.Done);
    }

    /// <summary>What the job carries.</summary>
    internal static Task<QueuedJob> ReadJobAsync(IActorStateManager store, RequestId request) => store.GetStateAsync<QueuedJob>(KeyOf(request));

    internal static Task StageJobAsync(IActorStateManager store, QueuedJob job) => store.SetStateAsync(KeyOf(job.RequestId), job);

    internal static Task StageRemovalAsync(IActorStateManager store, RequestId request) => store.TryRemoveStateAsync(KeyOf(request));

    private static string KeyOf(RequestId request) => $"job-{request}";
}
