using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Dispatch;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing;

/// <summary>The gateway's view of its subnet: served from memory, refreshed from the SubnetActor at most once a second.</summary>
public sealed class RoutingTable(
    IActorProxyFactory actors, DispatchDesk desk, SubnetTerms terms, NodeVerdicts verdicts, IOptions<GatewayOptions> options, TimeProvider time, ILogger<RoutingTable> log) : IDisposable
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LossMemory = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, long> _lastServed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private RoutingSnapshot _snapshot = new(0, []);
    private long _refreshedAt;
    private bool _everRead;

    /// <summary>True once a snapshot was read.</summary>
    public bool IsReady => _everRead;

    /// <summary>True while no node is there, so that nothing can be said about what the subnet serves.</summary>
    public bool IsEmpty => desk.State.Models.IsEmpty;

    /// <summary>True when it is known that no node of this subnet has a model.</summary>
    public bool Lacks(string model) => _everRead && !desk.State.Models.ContainsKey(model);

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
        await GetAsync(cancellationToken);
        var (state, now) = (desk.State, desk.Now);
        var found = new List<Candidate>();
        if (model is not null)
        {
            Add(found, state, now, state.Models.GetValueOrDefault(model, []));
            return found;
        }

        foreach (var offers in state.Models.Values)
        {
            Add(found, state, now, offers);
        }

        return found;
    }

    /// <summary>Whether the subnet had a model until a few minutes ago, as far as this process has seen.</summary>
    public bool HadLately(string model) => _lastServed.TryGetValue(model, out var at) && time.GetElapsedTime(at) < LossMemory;

    public void Dispose() => _refreshing.Dispose();

    private async Task RefreshAsync()
    {
        try
        {
            var actor = actors.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(new SubnetId(options.Value.Subnet)), ActorTypes.Subnet);
            if (await actor.GetSnapshotAsync(_snapshot.Version) is { } changed)
            {
                // Nothing is routed by nodes without the rules that they are in by.
                if (!_everRead || changed.PolicyHash != terms.PolicyHash || changed.Parameters != terms.Rules.Parameters)
                {
                    terms.Apply(await actor.GetRulesAsync());
                }

                Remember(_snapshot);
                _snapshot = changed;
                desk.Replace(OffersOf(changed));
            }

            _everRead = true;
            verdicts.Tell(actor, desk.State);
        }
        catch (Exception unreachable) when (_everRead)
        {
            log.LogWarning("The routing snapshot could not be refreshed and the last one is used: {Reason}", unreachable.Message);
        }

        _refreshedAt = time.GetTimestamp();
    }

    // What was served until this moment, and forgets what was lost long ago.
    private void Remember(RoutingSnapshot past)
    {
        foreach (var (model, at) in _lastServed)
        {
            if (time.GetElapsedTime(at) >= LossMemory)
            {
                _lastServed.TryRemove(model, out _);
            }
        }

        foreach (var offer in OffersOf(past))
        {
            _lastServed[offer.Offer.Name] = time.GetTimestamp();
        }
    }

    private static void Add(List<Candidate> found, DispatchState state, ulong now, ImmutableArray<DispatchOffer> offers)
    {
        foreach (var offer in offers)
        {
            if (offer.Node.ExpiresAt > now)
            {
                found.Add(new Candidate(offer.Node, offer.Offer, state.FreeSlots(offer)) { IsVerified = offer.IsVerified });
            }
        }
    }

    // A node that drains is there without room: what it has taken from the queue it may still deliver.
    private ImmutableArray<DispatchOffer> OffersOf(RoutingSnapshot snapshot) =>
    [
        .. snapshot.Nodes.SelectMany(node => node.Record.Models
            .Where(terms.Admits)
            .Select(offer => new DispatchOffer(node.Record, offer, node.IsDraining ? 0 : node.FreeSlots, node.Queued)
            {
                Standing = node.Standing,
                Score = node.Score,
                IsVerified = terms.IsVerified(node.Verification, offer.Digest),
            })),
    ];
}
