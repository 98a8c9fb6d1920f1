using System.Net;
using Ncn.Protocol;

namespace Ncn.Consensus.Http.Tests;

/// <summary>Nobody is connected without proof of the key, for this connection and to this validator.</summary>
public sealed class HandshakeTests : IAsyncLifetime
{
    private static readonly Signer Stranger = LinkTown.Key(50);
    private readonly Signer _peer = LinkTown.Keys(2)[1];
    private LinkHouse _house = null!;

    public async Task InitializeAsync()
    {
        _house = await LinkHouse.OpenAsync(LinkTown.Keys(2)[0]);
        _house.Link.SetPeers([new LinkPeer(_peer.Address, null)]);
    }

    public Task DisposeAsync() => _house.DisposeAsync().AsTask();

    [Fact]
    public async Task A_proof_for_this_connection_is_answered_with_one()
    {
        using var caller = await RawCaller.CallAsync(_house.Link.Port);
        var challenge = await caller.ChallengeAsync();
        await caller.SendAsync(RawCaller.Proof(_peer, _house.Key.Address, challenge));
        var answer = new Signature(await caller.ReceiveAsync());
        Assert.True(new Signed<LinkProof>(new LinkProof(_house.Key.Address, _peer.Address, LinkTown.Network, LinkTown.Network, challenge), answer).IsSignedBy(_house.Key.Address, LinkTown.Domain));
    }

    [Fact]
    public async Task A_proof_of_an_earlier_connection_is_refused()
    {
        using var first = await RawCaller.CallAsync(_house.Link.Port);
        var proof = RawCaller.Proof(_peer, _house.Key.Address, await first.ChallengeAsync());
        await first.SendAsync(proof);
        Assert.Equal(Signature.Size, (await first.ReceiveAsync()).Length);
        using var second = await RawCaller.CallAsync(_house.Link.Port);
        Assert.NotEqual(default, await second.ChallengeAsync());
        await second.SendAsync(proof);
        Assert.Empty(await second.ReceiveAsync());
        Assert.Contains("did not prove", second.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_key_under_a_listed_name_is_refused()
    {
        using var caller = await RawCaller.CallAsync(_house.Link.Port);
        await caller.SendAsync(RawCaller.Proof(Stranger, _house.Key.Address, await caller.ChallengeAsync(), from: _peer.Address));
        Assert.Empty(await caller.ReceiveAsync());
        Assert.Contains("did not prove", caller.Reason, StringComparison.Ordinal);
        Assert.Empty(_house.Link.Connected);
    }

    [Fact]
    public async Task A_stranger_is_refused_by_name()
    {
        using var caller = await RawCaller.CallAsync(_house.Link.Port);
        await caller.SendAsync(RawCaller.Proof(Stranger, _house.Key.Address, await caller.ChallengeAsync()));
        Assert.Empty(await caller.ReceiveAsync());
        Assert.Contains("no validator", caller.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proof_for_somebody_else_is_refused()
    {
        using var caller = await RawCaller.CallAsync(_house.Link.Port);
        await caller.SendAsync(RawCaller.Proof(_peer, Stranger.Address, await caller.ChallengeAsync()));
        Assert.Empty(await caller.ReceiveAsync());
        Assert.Contains("it wants", caller.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(136)]
    [InlineData(138)]
    [InlineData(4_000)]
    public async Task Something_else_than_a_proof_is_refused(int length)
    {
        using var caller = await RawCaller.CallAsync(_house.Link.Port);
        await caller.ChallengeAsync();
        await caller.SendAsync(new byte[length]);
        Assert.Empty(await caller.ReceiveAsync());
    }

    [Fact]
    public async Task A_called_end_that_is_another_one_is_left()
    {
        var wrong = LinkTown.Identity(Stranger, claimed: LinkTown.Key(60).Address);
        await using var impostor = await LinkHouse.OpenAsync(wrong, Stranger);
        await using var caller = await LinkHouse.OpenAsync(LinkTown.Key(61));
        impostor.Link.SetPeers([new LinkPeer(caller.Key.Address, null)]);
        using var calling = new Connecting.LinkCaller(LinkTown.Identity(caller.Key), new(AllowLoopback: true), LinkTown.Quick);
        var refused = await Assert.ThrowsAsync<Connecting.HandshakeException>(() =>
            calling.CallAsync(new LinkPeer(LinkTown.Key(60).Address, new Uri($"http://127.0.0.1:{impostor.Link.Port}")), CancellationToken.None));
        Assert.Contains("did not prove", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_are_bounded_and_other_requests_are_told_so()
    {
        var strangers = new List<RawCaller>();
        for (var i = 0; i < LinkTown.Quick.StrangersOfOneAddress; i++)
        {
            strangers.Add(await RawCaller.CallAsync(_house.Link.Port));
        }

        var refused = await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => RawCaller.CallAsync(_house.Link.Port));
        Assert.Contains("429", refused.Message, StringComparison.Ordinal);
        strangers.ForEach(static stranger => stranger.Dispose());
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.UpgradeRequired, (await http.GetAsync($"http://127.0.0.1:{_house.Link.Port}{Connecting.LinkServer.Path}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"http://127.0.0.1:{_house.Link.Port}/")).StatusCode);
    }
}
