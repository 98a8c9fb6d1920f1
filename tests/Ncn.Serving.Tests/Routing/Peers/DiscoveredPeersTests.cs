using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Serving.Routing.Peers.Discovered;

namespace Ncn.Serving.Tests.Routing.Peers;

/// <summary>What a gateway makes of what its registry found, and what it tells of itself.</summary>
public sealed class DiscoveredPeersTests
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(1, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));

    [Fact]
    public async Task Gateways_that_the_registry_knows_are_peers_at_once_and_vanish_with_their_records()
    {
        var time = new Clock();
        using var registry = new StagedRegistry(_ => Answer("1", Record(time, 1, "https://a.example/", "tiny-chat")));
        using var peers = registry.Peers(time);
        Assert.Equal(TimeSpan.FromSeconds(1), await peers.RefreshAsync(default));
        var peer = Assert.Single(peers.Read());
        Assert.Equal((new Uri("https://a.example/"), false, "tiny-chat"), (peer.Url, peer.IsConfigured, Assert.Single(peer.Models)));
        time.Now += TimeSpan.FromMinutes(2);
        Assert.Empty(peers.Read());
    }

    [Fact]
    public async Task An_unchanged_answer_and_a_registry_that_fails_change_nothing()
    {
        var time = new Clock();
        var answers = new Queue<Func<HttpResponseMessage>>([
            () => Answer("7", Record(time, 1, "https://a.example")), () => new HttpResponseMessage(HttpStatusCode.NoContent),
            () => new HttpResponseMessage(HttpStatusCode.InternalServerError), () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("[]") },
            () => throw new HttpRequestException("gone"),
        ]);
        var asked = new List<string>();
        using var registry = new StagedRegistry(request =>
        {
            asked.Add(request.RequestUri!.Query);
            return answers.Dequeue()();
        });
        using var peers = registry.Peers(time);
        for (var i = 0; i < 5; i++)
        {
            await peers.RefreshAsync(default);
            Assert.Single(peers.Read());
        }

        Assert.Equal(["?known=", "?known=7", "?known=7", "?known=7", "?known=7"], asked);
    }

    [Fact]
    public async Task A_registry_without_discovery_is_asked_seldom()
    {
        using var registry = new StagedRegistry(static _ => new HttpResponseMessage(HttpStatusCode.NotFound));
        using var peers = registry.Peers(new Clock());
        Assert.True(await peers.RefreshAsync(default) > TimeSpan.FromSeconds(10));
        await peers.SeekAsync("tiny-chat", default);
        Assert.Equal(1, registry.Calls);
    }

    [Fact]
    public async Task A_model_that_nobody_is_known_for_is_looked_for_once_in_ten_seconds()
    {
        var time = new Clock();
        using var registry = new StagedRegistry(request => request.RequestUri!.Query.Contains("name=", StringComparison.Ordinal)
            ? Answer("2", Record(time, 2, "https://b.example", "rare model"))
            : Answer("1", Record(time, 1, "https://a.example", "tiny-chat")));
        using var peers = registry.Peers(time);
        await peers.RefreshAsync(default);
        await peers.SeekAsync("rare model", default);
        await peers.SeekAsync("rare model", default);
        Assert.Equal(2, registry.Calls);
        Assert.Equal(["https://b.example/", "https://a.example/"], peers.Read().Select(static peer => peer.Url.ToString()));
        time.Now += TimeSpan.FromSeconds(11);
        await peers.SeekAsync("rare model", default);
        Assert.Equal(3, registry.Calls);
    }

    [Fact]
    public async Task Operators_with_too_little_stake_are_left_out_where_the_gateway_says_so()
    {
        var time = new Clock();
        var (rich, poor) = (Record(time, 1, "https://rich.example"), Record(time, 2, "https://poor.example"));
        using var registry = new StagedRegistry(_ => Staked("1", new() { [rich.Message.Operator.ToString()] = new TokenAmount(100) }, rich, poor));
        using var peers = registry.Peers(time, minimumStake: 100);
        await peers.RefreshAsync(default);
        Assert.Equal("https://rich.example/", Assert.Single(peers.Read()).Url.ToString());
    }

    [Fact]
    public async Task A_request_reaches_a_gateway_that_only_discovery_knows()
    {
        await using var found = await StagedPeer.StartAsync("found", 1, "tiny-chat");
        var time = TimeProvider.System;
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        var record = found.Signer.Sign(new GatewayRecord(found.Signer.Address, 1, 1, found.Url.ToString(), [new GatewayModel("tiny-chat", default)], now, now + 60_000), Domain);
        using var registry = new StagedRegistry(request => request.RequestUri!.Query.Contains("name=tiny-chat", StringComparison.Ordinal) ? Answer("2", record) : Answer("1"));
        using var peers = registry.Peers(time);
        await peers.RefreshAsync(default);
        using var town = new PeerTown(peers, new AddressRules(AllowLoopback: true));
        await town.LookAsync();
        Assert.Equal((200, "found: hello"), await town.AskAsync("tiny-chat"));
        Assert.Equal((404, "model_not_found"), await town.AskAsync("other"));
    }

    private static Signed<GatewayRecord> Record(Clock time, byte key, string url, params string[] models)
    {
        using var owner = new Signer(Enumerable.Repeat(key, 32).ToArray());
        var now = (ulong)time.Now.ToUnixTimeMilliseconds();
        return owner.Sign(new GatewayRecord(owner.Address, 1, 1, url, [.. models.Select(static name => new GatewayModel(name, default))], now, now + 60_000), Domain);
    }

    private static HttpResponseMessage Answer(string version, params Signed<GatewayRecord>[] records) => Staked(version, [], records);

    private static HttpResponseMessage Staked(string version, Dictionary<string, TokenAmount> stakes, params Signed<GatewayRecord>[] records) =>
        new(HttpStatusCode.OK) { Content = JsonContent.Create(new FoundAdverts(version, records, [], stakes), options: ProtocolJson.Options) };

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class StagedRegistry(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public DiscoveredPeers Peers(TimeProvider time, long minimumStake = 0) => new(
            new RegistryDirectory(new HttpClient(this, disposeHandler: false) { BaseAddress = new Uri("http://registry") }),
            Options.Create(new PeerDiscoveryOptions { MinimumStake = minimumStake }), time, NullLogger<DiscoveredPeers>.Instance);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            return Task.FromResult(answer(request));
        }
    }
}
