using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;

namespace Ncn.Registry.Mempool;

/// <summary>What is known of a stored pool before its jobs are read.</summary>
/// <param name="Schema">The form of all of the pool's entries.</param>
/// <param name="LastToken">See <see cref="MempoolState.LastToken"/>.</param>
/// <param name="Jobs">Which pages of jobs there are.</param>
/// <param name="Done">Which pages of finished jobs there are.</param>
internal sealed record PoolHead(int Schema, ulong LastToken, SortedSet<byte> Jobs, SortedSet<byte> Done);

/// <summary>
/// A pool in the state store: a head, and jobs and finished jobs in pages by the last byte of the request's id, so that a turn writes
/// the pages of the jobs that it touched and no more; and what each job carries.
/// </summary>
internal sealed class MempoolStore
{
    private const int Schema = 2;
    private const int Pages = 256;
    private const int MaxDoneOnPage = 64;
    private const string HeadKey = "pool";
    private readonly Dictionary<RequestId, Job>?[] _jobs = new Dictionary<RequestId, Job>?[Pages];
    private readonly Dictionary<RequestId, ulong>?[] _done = new Dictionary<RequestId, ulong>?[Pages];
    private readonly IActorStateManager _store;
    private ulong _lastToken;

    private MempoolStore(IActorStateManager store, MempoolState state) => (_store, State) = (store, state);

    internal MempoolState State { get; private set; }

    /// <summary>Reads a pool; an empty one when there is none.</summary>
    internal static async Task<MempoolStore> LoadAsync(IActorStateManager store, MempoolLimits limits)
    {
        var pool = new MempoolStore(store, new MempoolState());
        var found = await store.TryGetStateAsync<PoolHead>(HeadKey);
        if (!found.HasValue)
        {
            return pool;
        }

        var head = found.Value;
        if (head.Schema != Schema)
        {
            throw new InvalidOperationException($"The stored pool has schema {head.Schema} and this registry knows {Schema}; start the registry that wrote it, or a newer one.");
        }

        foreach (var page in head.Jobs)
        {
            pool._jobs[page] = await store.GetStateAsync<Dictionary<RequestId, Job>>(JobsKey(page));
        }

        foreach (var page in head.Done)
        {
            pool._done[page] = await store.GetStateAsync<Dictionary<RequestId, ulong>>(DoneKey(page));
        }

        pool._lastToken = head.LastToken;
        pool.State = new MempoolState(All(pool._jobs), All(pool._done), head.LastToken, limits);
        return pool;
    }

    /// <summary>Stages what a turn's outputs say is to be kept and to be forgotten; the caller commits it in one transaction. Free slots are told again within a second and need no write.</summary>
    internal async Task StageAsync(IReadOnlyList<MempoolOutput> outputs, ulong now)
    {
        var (jobs, done) = (new SortedSet<byte>(), new SortedSet<byte>());
        foreach (var output in outputs)
        {
            if (output is MempoolOutput.Keep keep)
            {
                (_jobs[PageOf(keep.Request)] ??= [])[keep.Request] = keep.Job;
                jobs.Add(PageOf(keep.Request));
            }
            else if (output is MempoolOutput.Forget forget)
            {
                (_jobs[PageOf(forget.Request)] ??= []).Remove(forget.Request);
                Remember(forget, now);
                jobs.Add(PageOf(forget.Request));
                done.Add(PageOf(forget.Request));
                await _store.TryRemoveStateAsync(JobKey(forget.Request));
            }
        }

        if (jobs.Count > 0 || State.LastToken != _lastToken)
        {
            await StagePagesAsync(_jobs, jobs, JobsKey);
            await StagePagesAsync(_done, done, DoneKey);
            await _store.SetStateAsync(HeadKey, new PoolHead(Schema, State.LastToken, Filled(_jobs), Filled(_done)));
            _lastToken = State.LastToken;
        }
    }

    /// <summary>What the job carries.</summary>
    internal Task<QueuedJob> ReadJobAsync(RequestId request) => _store.GetStateAsync<QueuedJob>(JobKey(request));

    internal Task StageJobAsync(QueuedJob job) => _store.SetStateAsync(JobKey(job.RequestId), job);

    private async Task StagePagesAsync<T>(Dictionary<RequestId, T>?[] pages, SortedSet<byte> touched, Func<byte, string> keyOf)
    {
        foreach (var page in touched)
        {
            if (pages[page] is { Count: > 0 } filled)
            {
                // A copy: the state manager writes what it was given when it commits, and later turns go on with ours.
                await _store.SetStateAsync(keyOf(page), new Dictionary<RequestId, T>(filled));
            }
            else
            {
                pages[page] = null;
                await _store.TryRemoveStateAsync(keyOf(page));
            }
        }
    }

    private void Remember(MempoolOutput.Forget forget, ulong now)
    {
        var page = _done[PageOf(forget.Request)] ??= [];
        foreach (var old in page.Where(entry => entry.Value <= now).Select(static entry => entry.Key).ToArray())
        {
            page.Remove(old);
        }

        if (page.Count >= MaxDoneOnPage)
        {
            page.Remove(page.MinBy(static entry => entry.Value).Key);
        }

        page[forget.Request] = forget.RememberUntil;
    }

    private static SortedSet<byte> Filled<T>(Dictionary<RequestId, T>?[] pages) =>
        [.. Enumerable.Range(0, Pages).Where(page => pages[page] is { Count: > 0 }).Select(static page => (byte)page)];

    private static IEnumerable<KeyValuePair<RequestId, T>> All<T>(Dictionary<RequestId, T>?[] pages) => pages.SelectMany(static page => page ?? []);

    private static byte PageOf(RequestId request) => request.Value.ToArray()[^1];

    private static string JobsKey(byte page) => $"jobs-{page:x2}";

    private static string DoneKey(byte page) => $"done-{page:x2}";

    private static string JobKey(RequestId request) => $"job-{request}";
}
