using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Which gateway serves which model: a view in memory that the background keeps. No request waits for a peer to say what it has.</summary>
/// <remarks>
/// 1. Every 200 ms the sources are asked which gateways there are. 2. Each is probed once a second, or more seldom when there are many, so that no
/// more than <see cref="ProbesPerSecond"/> are; one that does not answer after 0.25 to 2 s. 3. What a request finds out counts as a probe does. 4. A
/// peer that was missed comes after all others, and is found again by its next probe.
/// </remarks>
public sealed class PeerDirectory(
    IEnumerable<IPeerSource> sources, PeerConnections connections, GatewayIdentity identity, TimeProvider time, ILogger<PeerDirectory> log) : BackgroundService
{
    private const int MaxPeers = 512;
    private const int ProbesPerSecond = 50;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(2);

    private readonly Lock _turn = new();
    private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableDictionary<Uri, Peer> _peers = ImmutableDictionary<Uri, Peer>.Empty;

    /// <summary>How long a peer may take to list its models.</summary>
    internal TimeSpan ProbePatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The peers that serve a model, the best first; those that were missed last come last.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="payee">Whom the request pays; its gateways come before all others. Null when it pays nobody.</param>
    /// <param name="cancellationToken">Ends the wait for the first look around after the start, which takes 2 s at most.</param>
    public async ValueTask<IReadOnlyList<Peer>> FindAsync(string model, Address? payee, CancellationToken cancellationToken)
    {
        if (!_looked.Task.IsCompleted)
        {
            await Task.WhenAny(_looked.Task, Task.Delay(FirstLook, time, cancellationToken));
        }

        if (!_peers.Values.Any(peer => peer.Models.Contains(model)))
        {
            await Task.WhenAll(sources.Select(source => source.SeekAsync(model, cancellationToken)));
            lock (_turn)
            {
                Follow();
            }
        }

        return
        [
            .. _peers.Values.Where(peer => peer.Models.Contains(model))
                .OrderByDescending(static peer => peer.Health.IsUp).ThenByDescending(peer => payee is not null && peer.Operator == payee).ThenBy(static peer => peer.Rank),
        ];
    }

    /// <summary>Asks the sources, and probes all peers whose turn it is; completes when those have answered.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        List<Peer> due;
        lock (_turn)
        {
            Follow();
            due = [.. _peers.Values.Where(peer => !peer.IsProbing && peer.ProbeAt <= time.GetUtcNow())];
            due.ForEach(static peer => peer.IsProbing = true);
        }

        await Task.WhenAll(due.Select(peer => ProbeAsync(peer, cancellationToken)));
        _looked.TrySetResult();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var clock = new PeriodicTimer(LookInterval, time);
        try
        {
            do
            {
                // A slow peer holds up nobody else's probe.
                _ = LookAsync(stoppingToken);
            }
            while (await clock.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("Peers are not looked for any more.");
        }
    }

    private void Follow()
    {
        var wanted = sources.SelectMany(static source => source.Read()).Where(IsOther).DistinctBy(static peer => peer.Url).Take(MaxPeers).ToDictionary(static peer => peer.Url);
        foreach (var gone in _peers.Values.Where(peer => !wanted.TryGetValue(peer.Url, out var address) || !address.IsSame(peer.Address)).ToArray())
        {
            _peers = _peers.Remove(gone.Url);
            gone.Dispose();
        }

        foreach (var address in wanted.Values)
        {
            if (_peers.TryGetValue(address.Url, out var known) && !known.IsAsked)
            {
                known.Models = address.Models.ToFrozenSet();
            }
        }

        _peers = _peers.AddRange(wanted.Values.Where(address => !_peers.ContainsKey(address.Url)).Select(static address => KeyValuePair.Create(address.Url, new Peer(address))));
    }

    private bool IsOther(PeerAddress peer) => !Uri.TryCreate(identity.PublicUrl, UriKind.Absolute, out var own) || peer.Url != new Uri(own, "/");

    private async Task ProbeAsync(Peer peer, CancellationToken cancellationToken)
    {
        var wasUp = peer.Health.IsUp;
        try
        {
            var problem = await new PeerProbe(connections, ProbePatience, time).RunAsync(peer, cancellationToken);
            if (problem is not null && wasUp)
            {
                log.LogWarning("The peer gateway {Peer} is left out until it answers again: {Reason}", peer.Url, problem);
            }
            else if (problem is null && !wasUp)
            {
                log.LogInformation("The peer gateway {Peer} answers again.", peer.Url);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            log.LogDebug("The probe of {Peer} was broken off.", peer.Url);
        }
        finally
        {
            Rest(peer);
        }
    }

    private void Rest(Peer peer)
    {
        lock (_turn)
        {
            var usual = ProbeInterval * Math.Max(1, _peers.Count / ProbesPerSecond);
            peer.ProbeAt = time.GetUtcNow() + (peer.Health.IsUp ? usual : peer.Health.Backoff * Math.Max(1, _peers.Count / ProbesPerSecond));
            peer.IsProbing = false;
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var peer in _peers.Values)
        {
            peer.Dispose();
        }
    }
}
