using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Discovery;
using Ncn.Discovery.Http;
using Ncn.Discovery.Http.Transport;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Discovery;

/// <summary>Discovery peers of as many operators, over HTTP on loopback in this process; all joined through the first one.</summary>
internal sealed class DhtTown : IAsyncDisposable
{
    private static readonly Eip712Domain Network = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<(Signer Operator, DiscoveryServer Server, PeerCaller Caller, DiscoveryPeer Peer)> _peers = [];

    public DiscoveryPeer this[int index] => _peers[index].Peer;

    public static async Task<DhtTown> StartAsync(int nodes)
    {
        var town = new DhtTown();
        for (int i = 0; i < nodes; i++)
        {
            await town.AddAsync();
        }

        // Everybody looks itself up, until the tables stand still.
        for (int round = 0; round < 2; round++)
        {
            foreach (var (_, _, _, peer) in town._peers)
            {
                await peer.FindPeersAsync(peer.Id.Value, default);
            }
        }

        return town;
    }

    /// <summary>An advert of a gateway of this peer's operator, for a model of this name and nobody else's digest; for none when it is null.</summary>
    public VerifiedAdvert Advert(int index, string? model, uint subnet = 1)
    {
        ulong now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Signer owner = _peers[index].Operator;
        var record = new GatewayRecord(
            owner.Address, now, subnet, "https://gateway.example",
            model is null ? [] : [new GatewayModel(model, new ModelDigest(new Hash32(RandomNumberGenerator.GetBytes(32))))], now, now + 3_600_000);
        return VerifiedAdvert.Trusted(owner.Sign(record, Network));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (owner, server, caller, peer) in _peers)
        {
            await peer.DisposeAsync();
            caller.Dispose();
            await server.DisposeAsync();
            owner.Dispose();
        }
    }

    private async Task AddAsync()
    {
        DiscoveryServer server = await DiscoveryServer.ListenAsync(IPAddress.Loopback, 0, default);
        var owner = new Signer(RandomNumberGenerator.GetBytes(32));
        var identity = new PeerIdentity(new Signer(RandomNumberGenerator.GetBytes(32)), owner, Network, new Uri($"http://127.0.0.1:{server.Port}"), PeerIdentity.LongestLife);
        var caller = new PeerCaller(identity, new AddressRules(AllowLoopback: true), TimeProvider.System);
        var peer = new DiscoveryPeer(identity, caller, DiscoveryLimits.Default, TimeProvider.System, NullLogger.Instance);
        server.Open(peer, identity, requestsPerSecond: 10_000, TimeProvider.System);
        if (_peers.Count > 0)
        {
            peer.Join([_peers[0].Peer.Self!]);
            await peer.JoinedAsync(default).WaitAsync(Patience);
        }

        _peers.Add((owner, server, caller, peer));
    }
}
