using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Coordination.Mempool;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Registry.Subnets;

/// <summary>
/// Tells the mempools that have jobs how much room the nodes of their models have, beside the turn: a heartbeat never waits for it. One
/// report is under way at a time; a lost one is made good by the next, a second later.
/// </summary>
internal sealed class FreeSlotsReport(ActorHost host)
{
    private const string WatchesKey = "pools";
    private const int MaxWatches = 1024;
    private readonly ILogger _log = host.LoggerFactory.CreateLogger<FreeSlotsReport>();
    private readonly Lock _turn = new();

    // By pool; the value is how many jobs it had when it was last told, and one for a pool that was not told yet.
    private readonly Dictionary<PoolWatch, int> _jobs = [];
    private (SubnetId Subnet, SubnetState State)? _next;
    private bool _isUnderWay;

    /// <summary>The pools that were watching when this actor last ran: each is told once, and says whether it has jobs.</summary>
    internal async Task LoadAsync(IActorStateManager store)
    {
        var kept = await store.TryGetStateAsync<PoolWatch[]>(WatchesKey);
        lock (_turn)
        {
            foreach (var pool in kept.HasValue ? kept.Value : [])
            {
                _jobs[pool] = 1;
            }
        }
    }

    /// <summary>A pool has jobs. A new one is staged to be remembered; the caller commits that.</summary>
    internal async Task WatchAsync(PoolWatch pool, IActorStateManager store)
    {
        PoolWatch[] all;
        lock (_turn)
        {
            var isNew = !_jobs.ContainsKey(pool);
            if (isNew && _jobs.Count >= MaxWatches)
            {
                _jobs.Remove(_jobs.MinBy(static entry => entry.Value).Key);
            }

            _jobs[pool] = Math.Max(1, _jobs.GetValueOrDefault(pool));
            all = isNew ? [.. _jobs.Keys] : [];
        }

        await (all.Length > 0 ? store.SetStateAsync(WatchesKey, all) : Task.CompletedTask);
    }

    internal void Send(SubnetId subnet, SubnetState state)
    {
        lock (_turn)
        {
            _next = (subnet, state);
            if (_isUnderWay)
            {
                return;
            }

            _isUnderWay = true;
        }

        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        while (Take() is { } shares)
        {
            await Task.WhenAll(shares.Select(share => SendAsync(share.Subnet, share.Pool, share.FreeSlots)));
        }
    }

    // Null when there is nothing new to tell.
    private (SubnetId Subnet, PoolWatch Pool, uint FreeSlots)[]? Take()
    {
        lock (_turn)
        {
            if (_next is not { } next)
            {
                _isUnderWay = false;
                return null;
            }

            _next = null;
            var pools = _jobs.Where(static entry => entry.Value > 0).ToDictionary(entry => IdOf(next.Subnet, entry.Key), static entry => entry.Key, StringComparer.Ordinal);
            var shares = SlotShares.Of(next.State.Members.Values.Select(node => new NodeRoom(
                next.State.Loads[node.Operator] is { IsServing: true, FreeSlots: var free } ? free : 0,
                [.. pools.Where(pool => node.Models.Any(offer => offer.Name == pool.Value.Model && next.State.Policies.InForce?.Admits(offer) != false)).Select(static pool => pool.Key)])), static _ => true);
            return [.. pools.Select(pool => (next.Subnet, pool.Value, shares.GetValueOrDefault(pool.Key)))];
        }
    }

    private async Task SendAsync(SubnetId subnet, PoolWatch pool, uint freeSlots)
    {
        try
        {
            var actor = host.ProxyFactory.CreateActorProxy<IMempoolActor>(ActorTypes.IdOf(subnet, pool.Model, pool.Shard), ActorTypes.Mempool);
            var jobs = await actor.SetFreeSlotsAsync(freeSlots);
            lock (_turn)
            {
                _jobs[pool] = jobs;
            }
        }
        catch (Exception failure)
        {
            _log.LogWarning("The mempool of {Model} in subnet {Subnet} was not told of {FreeSlots} free slots; the next report follows in a second: {Reason}", pool.Model, subnet, freeSlots, failure.Message);
        }
    }

    private static string IdOf(SubnetId subnet, PoolWatch pool) => ActorTypes.IdOf(subnet, pool.Model, pool.Shard).GetId();
}
