using System.Collections.Concurrent;
using Dapr.Actors.Client;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>This process's calls of the mempools: one at a time for each pool, and what comes meanwhile goes together with the next (group commit).</summary>
public sealed class MempoolTurns(IActorProxyFactory actors)
{
    private readonly ConcurrentDictionary<string, Pool> _pools = new(StringComparer.Ordinal);

    /// <summary>Takes one step on the pool that the job is in, and returns when it is durable.</summary>
    public Task<MempoolResult> AskAsync(SubnetId subnet, string model, uint shard, MempoolStep step)
    {
        var id = ActorTypes.IdOf(subnet, model, shard);
        while (true)
        {
            var pool = _pools.GetOrAdd(id.GetId(), _ => new Pool(actors.CreateActorProxy<IMempoolActor>(id, ActorTypes.Mempool)));
            if (pool.TryAdd(step, out var answer, out var mustRun))
            {
                return mustRun ? RunAsync(id.GetId(), pool, answer) : answer;
            }
        }
    }

    // Whoever finds the pool idle carries out its own step and all that come until nothing waits any more.
    private async Task<MempoolResult> RunAsync(string id, Pool pool, Task<MempoolResult> own)
    {
        while (pool.Take() is { Length: > 0 } batch)
        {
            await Task.Yield();
            await pool.RunAsync(batch);
        }

        _pools.TryRemove(new KeyValuePair<string, Pool>(id, pool));
        return await own;
    }

    private sealed class Pool(IMempoolActor actor)
    {
        private readonly Lock _turn = new();
        private readonly Queue<(MempoolStep Step, TaskCompletionSource<MempoolResult> Answer)> _waiting = new();
        private bool _isRunning;
        private bool _isOver;

        // False: it has just ended, and its successor is asked.
        public bool TryAdd(MempoolStep step, out Task<MempoolResult> answer, out bool mustRun)
        {
            var waiter = new TaskCompletionSource<MempoolResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = waiter.Task;
            lock (_turn)
            {
                mustRun = !_isRunning;
                if (_isOver)
                {
                    return false;
                }

                _isRunning = true;
                _waiting.Enqueue((step, waiter));
                return true;
            }
        }

        public (MempoolStep Step, TaskCompletionSource<MempoolResult> Answer)[] Take()
        {
            lock (_turn)
            {
                var batch = new (MempoolStep, TaskCompletionSource<MempoolResult>)[Math.Min(_waiting.Count, IMempoolActor.MaxSteps)];
                for (var i = 0; i < batch.Length; i++)
                {
                    batch[i] = _waiting.Dequeue();
                }

                _isOver = batch.Length == 0;
                return batch;
            }
        }

        public async Task RunAsync((MempoolStep Step, TaskCompletionSource<MempoolResult> Answer)[] batch)
        {
            try
            {
                var results = await actor.ApplyAsync([.. batch.Select(static each => each.Step)]);
                for (var i = 0; i < batch.Length; i++)
                {
                    batch[i].Answer.SetResult(results[i]);
                }
            }
            catch (Exception failure)
            {
                // Who waits is told; every step can be repeated.
                foreach (var (_, answer) in batch)
                {
                    answer.TrySetException(failure);
                }
            }
        }
    }
}
