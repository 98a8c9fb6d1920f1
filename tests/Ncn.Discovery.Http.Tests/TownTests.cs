using System.Net;
using Ncn.Discovery.Http.Bootstrap;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Tests;

/// <summary>Whole peers over HTTP: they find each other and what they advertise, and a restart needs no bootstrap record.</summary>
public sealed class TownTests
{
    [Fact]
    public async Task Sixteen_peers_find_each_other_and_each_others_adverts_from_one_bootstrap_record()
    {
        var town = await Task.WhenAll(Enumerable.Range(0, 16).Select(static _ => Citizen.StartAsync()));
        await using var client = Citizen.Client();
        using var stop = new CancellationTokenSource();
        try
        {
            var way = new ConfiguredBootstrap(System.Text.Json.JsonSerializer.Serialize(town[0].Contact.Record, ProtocolJson.Options));
            var running = Task.WhenAll(town.Skip(1).Append(client).Select(citizen => citizen.Entry(null, way).RunAsync(stop.Token)));
            await Town.UntilAsync(() => town.All(static citizen => citizen.Peer.State.Table.Count == 15), "Not every peer knows the fifteen others.");
            await Task.WhenAll(town.Select(static (citizen, at) => citizen.Peer.PublishAsync(citizen.Gateway((uint)(1 + (at % 2)), $"model-{at}"), default)));
            for (var at = 0; at < 16; at++)
            {
                var found = await client.Peer.FindAsync(DiscoveryKey.OfName($"model-{at}"), 1, default);
                Assert.Equal(town[at].Operator.Address, Assert.Single(found.Adverts).Name.Operator);
            }

            var subnet = await town[3].Peer.FindAsync(DiscoveryKey.OfSubnet(2), 0, default);
            Assert.Equal(8, subnet.Adverts.Length);
            await stop.CancelAsync();
            await running;
            Assert.DoesNotContain(town, citizen => citizen.Peer.State.Table.Peers.Any(peer => peer.Id == client.Peer.Id));
        }
        finally
        {
            await Task.WhenAll(town.Select(static citizen => citizen.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task A_restarted_peer_finds_the_network_through_those_that_it_knew()
    {
        var file = new PeersFile(Path.Combine(Directory.CreateTempSubdirectory("ncn-peers-").FullName, "peers.json"));
        await using var one = await Citizen.StartAsync();
        await using (var first = await Citizen.StartAsync())
        {
            using var stop = new CancellationTokenSource();
            var running = first.Entry(file, new ConfiguredBootstrap($"http://127.0.0.1:{one.Server!.Port}")).RunAsync(stop.Token);
            await Town.UntilAsync(() => first.Peer.State.Table.Count == 1, "The bootstrap peer is not known.");
            await stop.CancelAsync();
            await running;
        }

        await using var again = await Citizen.StartAsync();
        await again.Entry(file).JoinAsync(default);
        await Town.UntilAsync(() => again.Peer.State.Table.Peers.Any(peer => peer.Id == one.Peer.Id), "The remembered peer was not found.");
    }

    [Fact]
    public async Task An_expired_bootstrap_record_still_leads_to_the_peer_that_it_names_and_to_no_other()
    {
        var key = Town.NewKey();
        await using var there = await Citizen.StartAsync(key);
        await using var other = await Citizen.StartAsync();
        await using var newcomer = await Citizen.StartAsync();
        await newcomer.Entry(null, Expired(there, key, other.Contact.Url)).JoinAsync(default);
        Assert.Equal(0, newcomer.Peer.State.Table.Count);
        await newcomer.Entry(null, Expired(there, key, there.Contact.Url)).JoinAsync(default);
        await Town.UntilAsync(() => newcomer.Peer.State.Table.Count == 1, "The peer of the expired record was not found.");
    }

    [Fact]
    public async Task A_peer_that_leaves_hands_over_what_it_keeps_and_is_forgotten()
    {
        await using var one = await Citizen.StartAsync();
        await using var two = await Citizen.StartAsync();
        await using var leaver = await Citizen.StartAsync();
        two.Peer.Join([one.Contact]);
        await Town.UntilAsync(() => one.Peer.State.Table.Count == 1, "The second peer is not known.");
        leaver.Peer.Join([one.Contact]);
        await Town.UntilAsync(() => new[] { one, two, leaver }.All(static citizen => citizen.Peer.State.Table.Count == 2), "They do not know each other.");
        await leaver.Peer.LeaveAsync(TimeSpan.FromSeconds(60));
        await Town.UntilAsync(() => one.Peer.State.Table.Count == 1 && two.Peer.State.Table.Count == 1, "The leaver is still in a table.");
    }

    [Fact]
    public async Task Peers_that_hang_or_lie_hold_up_no_lookup()
    {
        using var hanging = new Staged(static _ => null);
        using var lying = new Staged(static _ => Staged.Ok("{}"u8.ToArray()));
        await using var one = await Citizen.StartAsync();
        await using var two = await Citizen.StartAsync();
        await using var seeker = Citizen.Client();
        two.Peer.Join([one.Contact]);
        await two.Peer.JoinedAsync(default);
        await two.Peer.PublishAsync(two.Gateway(1, "tiny-chat"), default);
        seeker.Peer.Join([one.Contact, At(hanging.Port), At(lying.Port)]);
        await seeker.Peer.JoinedAsync(default);
        var found = await seeker.Peer.FindAsync(DiscoveryKey.OfName("tiny-chat"), 1, default);
        Assert.Single(found.Adverts);
    }

    [Fact]
    public async Task The_public_port_answers_the_protocol_and_nothing_else()
    {
        await using var peer = await Citizen.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(peer.Contact.Url) };
        foreach (var path in new[] { "/", "/healthz", "/dapr/config", "/actors/SubnetActor/1", "/discovery/gateways", "/ncn/v1/discovery/x" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(path, UriKind.Relative))).StatusCode);
        }

        using var wrong = new HttpRequestMessage(HttpMethod.Delete, "/ncn/v1/discovery");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.SendAsync(wrong)).StatusCode);
        Assert.Equal(peer.Peer.Id, (await peer.Caller.IntroduceAsync(new Uri(peer.Contact.Url), default)).Id);
    }

    private static ConfiguredBootstrap Expired(Citizen peer, Signer key, string url)
    {
        var record = new PeerRecord(new HexBytes(key.PublicKey.Span), peer.Operator.Address, 1, url, 1, 2);
        return new ConfiguredBootstrap(System.Text.Json.JsonSerializer.Serialize(peer.Operator.Sign(record, Town.Network), ProtocolJson.Options));
    }

    private static Contact At(int port)
    {
        var identity = new PeerIdentity(Town.NewKey(), Town.NewKey(), Town.Network, new Uri($"http://127.0.0.1:{port}"), PeerIdentity.LongestLife);
        return identity.At(Town.Now)!;
    }
}
