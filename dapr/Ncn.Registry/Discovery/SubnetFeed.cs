using System.Collections.Immutable;
using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Discovery;
using Ncn.Protocol;

namespace Ncn.Registry.Discovery;

/// <summary>
/// Tells discovery what this operator's subnets know, every few seconds: its members' signed records are published, and what operators have
/// staked decides who is admitted to a full key.
/// </summary>
/// <remarks>The operator's subnets are those whose gateways announce themselves here. A node that has left is withdrawn; its record expires.</remarks>
internal sealed class SubnetFeed(DiscoveryHost host, IActorProxyFactory actors, TimeProvider time, ILogger<SubnetFeed> log) : BackgroundService
{
    private const int MaxNodes = 48;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Address, ulong> _published = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var clock = new PeriodicTimer(Interval, time);
        try
        {
            while (await clock.WaitForNextTickAsync(stoppingToken))
            {
                await FeedAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("Discovery is told nothing more.");
        }
    }

    private async Task FeedAsync()
    {
        if (host.Peer is not { } peer)
        {
            return;
        }

        var stakes = ImmutableSortedDictionary.CreateBuilder<Address, TokenAmount>();
        var nodes = new Dictionary<Address, Signed<NodeRecord>>();
        foreach (var subnet in peer.State.Own.Adverts.Values.Where(static advert => advert.Gateway is not null).Select(static advert => advert.Name.Subnet).Distinct())
        {
            await ReadAsync(subnet, stakes, nodes);
        }

        if (stakes.Count > 0)
        {
            peer.SetStakes(stakes.ToImmutable());
        }

        foreach (var (owner, record) in nodes.OrderByDescending(entry => stakes.GetValueOrDefault(entry.Key)).Take(MaxNodes))
        {
            if (_published.GetValueOrDefault(owner) < record.Message.Sequence)
            {
                _published[owner] = record.Message.Sequence;
                _ = peer.PublishAsync(VerifiedAdvert.Trusted(record), CancellationToken.None);
            }
        }

        foreach (var gone in _published.Keys.Where(owner => !nodes.ContainsKey(owner)).ToArray())
        {
            _published.Remove(gone);
            peer.Withdraw(new AdvertName(AdvertKind.Node, gone, 0, string.Empty));
        }
    }

    private async Task ReadAsync(uint subnet, ImmutableSortedDictionary<Address, TokenAmount>.Builder stakes, Dictionary<Address, Signed<NodeRecord>> nodes)
    {
        try
        {
            var actor = actors.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(new SubnetId(subnet)), ActorTypes.Subnet);
            foreach (var (owner, stake) in (await actor.GetMirrorAsync()).Stakes)
            {
                stakes[owner] = stakes.GetValueOrDefault(owner) + stake.Gateway + stake.Node + stake.Validator;
            }

            foreach (var node in (await actor.GetSnapshotAsync(0))?.Nodes ?? [])
            {
                if (node.Signature is { } signature)
                {
                    nodes[node.Record.Operator] = new Signed<NodeRecord>(node.Record, signature);
                }
            }
        }
        catch (Exception unread) when (unread is HttpRequestException or Dapr.DaprApiException or Dapr.Actors.ActorMethodInvocationException or InvalidOperationException or TimeoutException)
        {
            log.LogInformation("Discovery is not told of subnet {Subnet} this time: {Reason}", subnet, unread.Message);
        }
    }
}
