using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Discovery.Http.Bootstrap;
using Ncn.Discovery.Http.Transport;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Tests;

/// <summary>One peer with its server, and its operator's key.</summary>
internal sealed class Citizen : IAsyncDisposable
{
    private Citizen(DiscoveryServer? server, PeerIdentity identity, Signer operatorKey, PeerCaller caller)
    {
        (Server, Identity, Operator, Caller) = (server, identity, operatorKey, caller);
        Peer = new DiscoveryPeer(identity, caller, DiscoveryLimits.Default, TimeProvider.System, NullLogger.Instance);
        server?.Open(Peer, identity, 1_000, TimeProvider.System);
    }

    public DiscoveryServer? Server { get; }

    public PeerIdentity Identity { get; }

    public Signer Operator { get; }

    public PeerCaller Caller { get; }

    public DiscoveryPeer Peer { get; }

    public Contact Contact => Peer.Self!;

    public static async Task<Citizen> StartAsync(Signer? key = null)
    {
        var server = await DiscoveryServer.ListenAsync(IPAddress.Loopback, 0, CancellationToken.None);
        var operatorKey = Town.NewKey();
        var identity = new PeerIdentity(key ?? Town.NewKey(), operatorKey, Town.Network, new Uri($"http://127.0.0.1:{server.Port}"), PeerIdentity.LongestLife);
        return new Citizen(server, identity, operatorKey, new PeerCaller(identity, Town.Loopback, TimeProvider.System));
    }

    /// <summary>One that asks and is not asked.</summary>
    public static Citizen Client()
    {
        var identity = new PeerIdentity(Town.NewKey(), Town.Network);
        return new Citizen(null, identity, Town.NewKey(), new PeerCaller(identity, Town.Loopback, TimeProvider.System));
    }

    public VerifiedAdvert Gateway(uint subnet, params string[] models)
    {
        var now = Town.Now;
        var record = new GatewayRecord(
            Operator.Address, now, subnet, $"https://gateway-{Operator.Address}.example", [.. models.Select(static name => new GatewayModel(name, default))], now, now + 60_000);
        return VerifiedAdvert.Read(Operator.Sign(record, Town.Network), Town.Network)!;
    }

    public Entry Entry(PeersFile? memory, params IBootstrapSource[] sources) =>
        new(Peer, Caller, sources, memory, TimeProvider.System, NullLogger.Instance);

    public async ValueTask DisposeAsync()
    {
        await Peer.DisposeAsync();
        Caller.Dispose();
        await (Server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}

internal static class Town
{
    public static Eip712Domain Network { get; } = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));

    public static AddressRules Loopback { get; } = new(AllowLoopback: true);

    public static ulong Now => (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public static Signer NewKey() => new(RandomNumberGenerator.GetBytes(32));

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(60), what);
            await Task.Delay(5);
        }
    }
}
