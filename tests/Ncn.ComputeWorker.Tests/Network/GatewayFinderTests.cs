using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.ComputeWorker.Network;
using Ncn.Discovery;
using Ncn.Discovery.Http;
using Ncn.Discovery.Http.Transport;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ComputeWorker.Tests.Network;

/// <summary>A node that knows no gateway, only a way into the discovery network.</summary>
[Collection(NetworkGroup.Name)]
public sealed class GatewayFinderTests(NetworkFixture network)
{
    [Fact]
    public async Task A_node_with_nothing_but_a_bootstrap_record_joins_the_gateway_of_its_subnet()
    {
        Party party = await network.NewPartyAsync(0);
        await using TestGateway gateway = await TestGateway.StartAsync(party);
        await using DiscoveryServer server = await DiscoveryServer.ListenAsync(IPAddress.Loopback, 0, CancellationToken.None);
        using var key = new Signer(RandomNumberGenerator.GetBytes(32));
        var identity = new PeerIdentity(key, party.Signer, network.Domain, new Uri($"http://127.0.0.1:{server.Port}"), PeerIdentity.LongestLife);
        using var caller = new PeerCaller(identity, new AddressRules(AllowLoopback: true), TimeProvider.System);
        await using var peer = new DiscoveryPeer(identity, caller, DiscoveryLimits.Default, TimeProvider.System, NullLogger.Instance);
        server.Open(peer, identity, requestsPerSecond: 1_000, TimeProvider.System);
        await peer.PublishAsync(VerifiedAdvert.Trusted(party.Signer.Sign(Record(party.Address, gateway.Url), network.Domain)), CancellationToken.None);

        await using TestWorker worker = await TestWorker.StartAsync(
            await network.NewPartyAsync(0), gateway, null,
            ("Ncn:Worker:Gateways", ""), ("Ncn:Worker:Bootstrap", $"http://127.0.0.1:{server.Port}"), ("Ncn:Worker:Subnets", "1,9"));
        Signed<NodeRecord> joined = await Eventually.NextAsync(gateway.Joins);
        Assert.Equal(worker.Address, joined.Message.Operator);
        await Eventually.NextAsync(gateway.Heartbeats);
        await worker.ReadyAsync();
    }

    [Fact]
    public void A_found_gateway_stays_while_it_answers_and_goes_when_its_record_has_run_out_and_it_fails()
    {
        var known = new KnownGateways([new Uri("http://127.0.0.1:1/")]);
        var owner = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
        known.Follow([Record(owner, "http://127.0.0.1:1") with { ExpiresAt = 10 }, Record(owner, "https://a.example") with { ExpiresAt = 10 }], 1);
        Assert.Equal([null, owner], known.Links.Select(static link => link.FoundOperator));
        known.Links[1].JoinedSequence = 7;
        known.Follow([], 11);
        Assert.Equal(2, known.Links.Count);
        known.Links[1].Problem = "gone";
        known.Follow([Record(owner, "https://a.example/") with { ExpiresAt = 20 }], 11);
        Assert.Equal(2, known.Links.Count);
        known.Follow([], 21);
        Assert.Null(Assert.Single(known.Links).FoundOperator);
    }

    [Fact]
    public void Found_gateways_are_joined_up_to_a_bound()
    {
        var known = new KnownGateways([]);
        known.Follow([.. Enumerable.Range(1, 100).Select(static number => Record(default, $"https://g{number}.example"))], 1);
        Assert.Equal(KnownGateways.MaxFound, known.Links.Count);
    }

    private static GatewayRecord Record(Address owner, string url)
    {
        ulong now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        return new GatewayRecord(owner, now, 1, url, [], now, now + 600_000);
    }
}
