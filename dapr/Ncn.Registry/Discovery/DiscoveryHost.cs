using System.Net;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Discovery;
using Ncn.Discovery.Http;
using Ncn.Discovery.Http.Bootstrap;
using Ncn.Discovery.Http.Transport;
using Ncn.Hosting.Outbound;
using Ncn.Vault;

namespace Ncn.Registry.Discovery;

/// <summary>This operator's peer, on its public port, for as long as the process runs; not there when no port is set.</summary>
internal sealed class DiscoveryHost(
    IOptions<DiscoveryOptions> options, IConfiguration configuration, ChainSettings chain, IEnumerable<IBootstrapSource> sources, TimeProvider time, ILoggerFactory logs)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly ILogger _log = logs.CreateLogger("Ncn.Registry.Discovery");
    private readonly CancellationTokenSource _stop = new();
    private DiscoveryServer? _server;
    private PeerCaller? _caller;
    private Task _running = Task.CompletedTask;
    private int _isDisposed;

    /// <summary>The peer; null when discovery is off, or not yet begun.</summary>
    public DiscoveryPeer? Peer { get; private set; }

    /// <summary>What is known of others; null when discovery is off.</summary>
    public AdvertIndex? Index { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Port is not { } port)
        {
            _log.LogInformation("Ncn:Discovery:Port is not set: this operator is not found by others and finds none.");
            return;
        }

        _server = await DiscoveryServer.ListenAsync(IPAddress.Parse(options.Value.BindAddress), port, cancellationToken);
        var url = options.Value.Url ?? new Uri($"http://127.0.0.1:{_server.Port}");
        var keys = KeySource.Of(configuration);
        var identity = new PeerIdentity(
            keys.LoadOrCreate("discovery", options.Value.KeyFile), keys.Load("gateway", options.Value.OperatorKeyFile),
            chain.NetworkDomain, url, TimeSpan.FromMinutes(options.Value.RecordMinutes));
        _caller = new PeerCaller(identity, AddressRules.Of(url.ToString(), options.Value.AllowPrivate), time);
        Peer = new DiscoveryPeer(identity, _caller, DiscoveryLimits.Default, time, _log);
        Index = new AdvertIndex(Peer, time);
        _server.Open(Peer, identity, options.Value.RequestsPerSecond, time);
        var entry = new Entry(Peer, _caller, [.. sources], new PeersFile(options.Value.PeersFile ?? InState("discovery-peers.json")), time, _log);
        _running = Task.WhenAll(entry.RunAsync(_stop.Token), RunAsync(Index));
        _log.LogInformation("Discovery peer {Peer} is asked at {Url}.", Peer.Id, url);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isDisposed != 0)
        {
            return;
        }

        await _stop.CancelAsync();
        await _running;
        await (Peer?.LeaveAsync(Farewell) ?? Task.CompletedTask);
    }

    /// <summary>The container knows it under two names and disposes it under both.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync();
        await _running;
        await (Peer?.DisposeAsync() ?? ValueTask.CompletedTask);
        _caller?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _stop.Dispose();
    }

    private async Task RunAsync(AdvertIndex index)
    {
        try
        {
            await index.RunAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _log.LogDebug("Nothing is looked up any more.");
        }
    }

    private string InState(string name) =>
        Path.Combine(configuration["Ncn:State:Directory"] ?? ".", "apps", configuration["APP_ID"] ?? "registry", name);
}
