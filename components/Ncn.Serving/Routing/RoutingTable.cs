using System.Collections.Concurrent;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing;

/// <summary>The gateway's view of its subnet: served from memory, refreshed from the SubnetActor at most once a second.</summary>
public sealed class RoutingTable(
    IActorProxyFactory actors, IOptions<GatewayOptions> options, TimeProvider time, ILogger<RoutingTable> log) : IDisposable
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EjectionTime = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Address, int> _inFlight = new();
    private readonly ConcurrentDictionary<Address, long> _ejectedUntil = new();
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private RoutingSnapshot _snapshot = new(0, []);
    private long _refreshedAt;
    private bool _everRead;

    /// <summary>True once a snapshot was read.</summary>
    public bool IsReady => _everRead;

    /// <summary>The current snapshot, at most about a second old while the registry answers.</summary>
    public async ValueTask<RoutingSnapshot> GetAsync(CancellationToken cancellationToken)
    {
        if (_everRead && time.GetElapsedTime(_refreshedAt) < RefreshInterval)
        {
            return _snapshot;
        }

        if (_everRead && !await _refreshing.WaitAsync(0, cancellationToken))
        {
            return _snapshot;
        }

        if (!_everRead)
        {
            await _refreshing.WaitAsync(cancellationToken);
        }

        try
        {
            await RefreshAsync();
        }
        finally
        {
            _refreshing.Release();
        }

        return _snapshot;
    }

    /// <summary>Offers of this subnet's kinds under a model name, with the nodes that make them; live nodes only.</summary>
    public async ValueTask<IReadOnlyList<Candidate>> FindAsync(string? model, CancellationToken cancellationToken)
    {
        var snapshot = await GetAsync(cancellationToken);
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        return snapshot.Nodes
            .Where(node => node.Record.ExpiresAt > now)
            .SelectMany(node => node.Record.Models
                .Where(offer => options.Value.Serves(offer.Kind) && (model is null || offer.Name == model))
                .Select(offer => new Candidate(node.Record, offer, FreeSlots(node), IsEjected(node.Record.Operator))))
            .ToArray();
    }

    /// <summary>Counts a request on a node until the returned value is disposed.</summary>
    public IDisposable Track(Address node)
    {
        _inFlight.AddOrUpdate(node, 1, static (_, count) => count + 1);
        return new Tracking(this, node);
    }

    /// <summary>Keeps requests away from a node that has just failed.</summary>
    public void Eject(Address node) => _ejectedUntil[node] = time.GetTimestamp() + (long)(EjectionTime.TotalSeconds * time.TimestampFrequency);

    public void Dispose() => _refreshing.Dispose();

    private async Task RefreshAsync()
    {
        try
        {
            var actor = actors.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(new SubnetId(options.Value.Subnet)), ActorTypes.Subnet);
            _snapshot = await actor.GetSnapshotAsync(_snapshot.Version) ?? _snapshot;
            _everRead = true;
        }
        catch (Exception unreachable) when (_everRead)
        {
            log.LogWarning("The routing snapshot could not be refreshed and the last one is used: {Reason}", unreachable.Message);
        }

        _refreshedAt = time.GetTimestamp();
    }

    private int FreeSlots(NodeView node) =>
        (int)node.Record.Slots - Math.Max(_inFlight.GetValueOrDefault(node.Record.Operator), (int)node.Record.Slots - (int)node.FreeSlots);

    private bool IsEjected(Address node) => _ejectedUntil.TryGetValue(node, out var until) && time.GetTimestamp() < until;

    private sealed class Tracking(RoutingTable table, Address node) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                table._inFlight.AddOrUpdate(node, 0, static (_, count) => Math.Max(0, count - 1));
            }
        }
    }
}
