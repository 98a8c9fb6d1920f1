using System.Net.WebSockets;
using Ncn.Consensus.Http.Connecting;
using Ncn.Consensus.Wire;
using Ncn.Hosting.Outbound;

namespace Ncn.Consensus.Http.Tests;

/// <summary>Who is connected with whom, and what goes over.</summary>
public sealed class LinkTests
{
    [Fact]
    public async Task Four_validators_hear_each_other_and_know_who_spoke()
    {
        var houses = await LinkTown.OpenAsync(4);
        foreach (var house in houses)
        {
            house.Link.SendAll(LinkTown.Ballot(7, Array.IndexOf(houses, house)));
            house.Link.Flush();
        }

        await LinkTown.UntilAsync(() => Array.TrueForAll(houses, static house => house.Received.Count == 3));
        Assert.All(houses, house => Assert.All(house.Received, received =>
            Assert.Equal(houses[((WireMessage.Ballot)received.Message).Vote.Signer].Key.Address, received.From)));
        await LinkTown.CloseAsync(houses);
    }

    [Fact]
    public async Task A_message_to_one_goes_to_that_one()
    {
        var houses = await LinkTown.OpenAsync(3);
        houses[0].Link.Send(houses[2].Key.Address, LinkTown.Ballot(1));
        houses[0].Link.SendAll(LinkTown.Ballot(2));
        houses[0].Link.Flush();
        await LinkTown.UntilAsync(() => houses[2].Received.Count == 2 && houses[1].Received.Count == 1);
        await LinkTown.CloseAsync(houses);
    }

    [Fact]
    public async Task Everything_arrives_in_order_and_a_block_of_a_megabyte_too()
    {
        var houses = await LinkTown.OpenAsync(2);
        var operation = new ClaimedOperation(new Operation.CommitReceipts(houses[0].Key.Address, 1, LinkTown.Network, 1, default), LinkTown.AnySignature);
        var header = new BlockHeader(LinkTown.Network, 1, 2, 1, default, 1, BlockKind.Normal, 0, default, default, default);
        var block = new ClaimedBlock(header, [.. Enumerable.Repeat(operation, 4_096)]);
        houses[0].Link.SendAll(new WireMessage.Proposed(block, LinkTown.AnySignature, []));
        for (ulong view = 1; view <= 500; view++)
        {
            houses[0].Link.SendAll(LinkTown.Ballot(view));
        }

        houses[0].Link.Flush();
        await LinkTown.UntilAsync(() => houses[1].Received.Count == 501);
        Assert.Equal(Enumerable.Range(1, 500), houses[1].Received.Select(static received => received.Message).OfType<WireMessage.Ballot>().Select(static ballot => (int)ballot.Vote.Vote.View));
        Assert.Equal(4_096, houses[1].Received.Select(static received => received.Message).OfType<WireMessage.Proposed>().Single().Block.Operations.Length);
        await LinkTown.CloseAsync(houses);
    }

    [Fact]
    public async Task A_validator_that_comes_back_is_connected_again()
    {
        var houses = await LinkTown.OpenAsync(3);
        var (gone, port) = (houses[0], houses[0].Link.Port);
        await gone.DisposeAsync();
        await LinkTown.UntilAsync(() => houses[1].Link.Connected.Length == 1 && houses[2].Link.Connected.Length == 1);
        await using var back = await LinkHouse.OpenAsync(gone.Key, port: port);
        back.Link.SetPeers(houses.Select(house => house == gone ? back.Self : house.Self));
        await LinkTown.UntilAsync(() => back.Link.Connected.Length == 2 && houses[1].Link.Connected.Length == 2 && houses[2].Link.Connected.Length == 2);
        houses[1].Link.SendAll(LinkTown.Ballot(9));
        houses[1].Link.Flush();
        await LinkTown.UntilAsync(() => back.Received.Count == 1 && houses[2].Received.Count == 1);
        await LinkTown.CloseAsync(houses[1], houses[2]);
    }

    [Fact]
    public async Task Who_is_not_listed_any_more_is_cut_off()
    {
        var houses = await LinkTown.OpenAsync(3);
        houses[0].Link.SetPeers([houses[1].Self]);
        await LinkTown.UntilAsync(() => houses[2].Link.Connected.SequenceEqual([houses[1].Key.Address]) && houses[0].Link.Connected.SequenceEqual([houses[1].Key.Address]));
        await LinkTown.CloseAsync(houses);
    }

    [Fact]
    public async Task One_end_is_enough_to_know_the_others_address()
    {
        foreach (var caller in new[] { 0, 1 })
        {
            var keys = LinkTown.Keys(2);
            await using var first = await LinkHouse.OpenAsync(keys[caller]);
            await using var second = await LinkHouse.OpenAsync(keys[1 - caller]);
            second.Link.SetPeers([new LinkPeer(first.Key.Address, null)]);
            first.Link.SetPeers([second.Self]);
            await LinkTown.UntilAsync(() => first.Link.Connected.Length == 1 && second.Link.Connected.Length == 1);
        }
    }

    [Fact]
    public async Task An_address_that_the_rules_forbid_is_not_called()
    {
        await using var house = await LinkHouse.OpenAsync(LinkTown.Key(1));
        var key = LinkTown.Key(2);
        using var caller = new LinkCaller(LinkTown.Identity(key), AddressRules.PublicOnly, LinkTown.Quick);
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => caller.CallAsync(house.Self, CancellationToken.None));
        Assert.IsType<AddressRefusedException>(refused.GetBaseException());
        Assert.Empty(house.Received);
    }

    [Fact]
    public async Task Without_tls_nobody_beyond_this_machine_is_called()
    {
        using var caller = new LinkCaller(LinkTown.Identity(LinkTown.Key(2)), new AddressRules(AllowLoopback: true), LinkTown.Quick);
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => caller.CallAsync(new LinkPeer(LinkTown.Key(1).Address, new Uri("http://1.1.1.1:9")), CancellationToken.None));
        Assert.Contains("without TLS", refused.GetBaseException().Message, StringComparison.Ordinal);
    }
}
