using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.ComputeWorker.Keys;
using Ncn.Discovery;
using Ncn.Discovery.Http;
using Ncn.Discovery.Http.Bootstrap;
using Ncn.Discovery.Http.Transport;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Network.Discovered;

/// <summary>
/// Finds the gateways of this node's subnets with nothing but a bootstrap record, and keeps <see cref="KnownGateways"/> in step. A client of
/// the discovery network: it asks, and nobody asks it.
/// </summary>
internal sealed class GatewayFinder(KnownGateways gateways, ChainSettings chain, IOptions<WorkerOptions> options, IServiceProvider services, TimeProvider time, ILogger<GatewayFinder> log)
    : BackgroundService
{
    private static readonly TimeSpan Eager = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Content = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Bootstrap.Length == 0)
        {
            return;
        }

        using var key = new Signer(RandomNumberGenerator.GetBytes(32));
        var identity = new PeerIdentity(key, chain.NetworkDomain);
        using var caller = new PeerCaller(identity, options.Value.Addresses, time);
        await using var peer = new DiscoveryPeer(identity, caller, DiscoveryLimits.Default, time, log);
        var memory = new PeersFile(Path.Combine(KeySetup.StateFolder(services), "discovery-peers.json"));
        using var connection = new ChainConnection(chain);
        IBootstrapSource[] sources = chain.BootstrapDirectory is null ? [new ConfiguredBootstrap(Ways)] : [new ConfiguredBootstrap(Ways), new ChainBootstrap(connection)];
        var entry = new Entry(peer, caller, sources, memory, time, log);
        var running = entry.RunAsync(stoppingToken);
        try
        {
            await peer.JoinedAsync(stoppingToken);
            while (true)
            {
                gateways.Follow(await FindAsync(peer, stoppingToken), Now);
                await Task.Delay(gateways.AnyJoined ? Content : Eager, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await running;
        }
    }

    private string Ways => options.Value.Bootstrap == WorkerOptions.ChainAlone ? string.Empty : options.Value.Bootstrap;

    private ulong Now => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<IReadOnlyList<GatewayRecord>> FindAsync(DiscoveryPeer peer, CancellationToken cancellationToken)
    {
        var findings = await Task.WhenAll(options.Value.SubnetNumbers.Select(subnet => peer.FindAsync(DiscoveryKey.OfSubnet(subnet), 0, cancellationToken)));
        return
        [
            .. findings.SelectMany(static finding => finding.Adverts).Select(static advert => advert.Gateway?.Message).OfType<GatewayRecord>()
                .Where(record => options.Value.SubnetNumbers.Contains(record.Subnet)),
        ];
    }
}
