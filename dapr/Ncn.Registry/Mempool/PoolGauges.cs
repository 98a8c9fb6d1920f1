using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;
using Ncn.Registry.Hosting;

namespace Ncn.Registry.Mempool;

/// <summary>What the pools of this process hold, for scaling and alarms: <c>ncn_mempool_waiting{subnet,model}</c> is the length that KEDA reads.</summary>
internal sealed class PoolGauges
{
    private readonly ConcurrentDictionary<string, Entry> _pools = new(StringComparer.Ordinal);
    private readonly Counter<long> _given;
    private readonly TimeProvider _time;

    public PoolGauges(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create("Ncn.Registry");
        meter.CreateObservableGauge("ncn.mempool.waiting", () => Read(static pool => pool.Waiting), "{request}", "Queued requests that no node was offered yet, by subnet and model.");
        meter.CreateObservableGauge("ncn.mempool.leased", () => Read(static pool => pool.Leased), "{request}", "Queued requests on the work queue or at a node, by subnet and model.");
        meter.CreateObservableGauge("ncn.mempool.free_slots", () => Read(static pool => pool.FreeSlots), "{slot}", "Requests that the nodes could start now, by subnet and model.");
        meter.CreateObservableGauge("ncn.mempool.bytes", () => Read(static pool => pool.Bytes), "By", "What the queued requests take, by subnet and model.");
        meter.CreateObservableGauge("ncn.mempool.oldest_seconds", () => Read(OldestSeconds), "s", "How long the oldest request waits that could be handed out, by subnet and model.");
        _given = meter.CreateCounter<long>("ncn.mempool.given_up", "{request}", "Queued requests that were given up and whose reservation is released, by subnet, model and reason.");
    }

    /// <summary>The pool is this model's.</summary>
    internal void Name(string pool, SubnetId subnet, string model) => _pools.GetOrAdd(pool, _ => new Entry(subnet, model));

    internal void Set(string pool, MempoolState state)
    {
        if (_pools.TryGetValue(pool, out var entry))
        {
            entry.Value = new Reading(
                state.Count(JobPhase.Waiting), state.Count(JobPhase.Released) + state.Count(JobPhase.Running), state.FreeSlots, state.Bytes, state.WaitingSince);
        }
    }

    internal void Count(string pool, IEnumerable<JobDeath> deaths)
    {
        if (_pools.TryGetValue(pool, out var entry))
        {
            foreach (var death in deaths)
            {
                _given.Add(1, [.. entry.Tags, new("reason", death.ToString())]);
            }
        }
    }

    internal void Remove(string pool) => _pools.TryRemove(pool, out _);

    private double OldestSeconds(Reading pool) =>
        pool.WaitingSince is { } since && _time.NowMilliseconds() is var now && now > since ? (now - since) / 1000.0 : 0;

    // The pools of one model are one queue to whoever scales.
    private IEnumerable<Measurement<double>> Read(Func<Reading, double> part) => _pools.Values.GroupBy(static entry => entry.Name)
        .Select(group => new Measurement<double>(group.Sum(entry => part(entry.Value)), group.First().Tags));

    private sealed class Entry(SubnetId subnet, string model)
    {
        private Reading _value = new(0, 0, 0, 0, null);

        public (SubnetId Subnet, string Model) Name { get; } = (subnet, model);

        public KeyValuePair<string, object?>[] Tags { get; } = [new("subnet", subnet.ToString()), new("model", model)];

        public Reading Value
        {
            get => Volatile.Read(ref _value);
            set => Volatile.Write(ref _value, value);
        }
    }

    private sealed record Reading(int Waiting, int Leased, uint FreeSlots, ulong Bytes, ulong? WaitingSince);
}
