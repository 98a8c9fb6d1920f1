using Ncn.Consensus.Http.Receiving;
using Ncn.Consensus.Http.Sending;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Http.Tests;

/// <summary>A flood is read no faster than the budgets allow, what waits is bounded, and who breaks the protocol is cut off.</summary>
public sealed class BoundTests
{
    [Fact]
    public async Task A_flood_is_read_as_far_as_the_budget_and_no_further()
    {
        var keys = LinkTown.Keys(2);
        await using var flooder = await LinkHouse.OpenAsync(keys[0], LinkTown.Quick with { VoteBytes = 64 * 1024 });
        await using var victim = await LinkHouse.OpenAsync(keys[1], LinkTown.Quick with { VotesPerSecond = 100 }, time: new LinkTown.StoppedTime());
        victim.Link.SetPeers([new LinkPeer(keys[0].Address, null)]);
        flooder.Link.SetPeers([victim.Self]);
        await LinkTown.UntilAsync(() => flooder.Link.Connected.Length == 1);
        for (ulong view = 1; flooder.Link.Dropped == 0; view++)
        {
            flooder.Link.SendAll(LinkTown.Ballot(view));
            flooder.Link.Flush();
        }

        // The budget, and what came in the same read as the vote that used it up.
        Assert.InRange(victim.Received.Count, 100, 100 + (64 * 1024 / WireForm.Write(LinkTown.Ballot(1), LinkTown.Network).Length) + 1);
    }

    [Fact]
    public async Task Who_sends_what_is_untrue_is_cut_off_for_a_while()
    {
        var houses = await LinkTown.OpenAsync(2);
        houses[1].Believes = static _ => false;
        houses[0].Link.SendAll(LinkTown.Ballot(1));
        houses[0].Link.Flush();
        await LinkTown.UntilAsync(() => houses[1].Link.Connected.IsEmpty && houses[0].Link.Connected.IsEmpty);
        using var again = await RawCaller.CallAsync(houses[1].Link.Port);
        await again.SendAsync(RawCaller.Proof(houses[0].Key, houses[1].Key.Address, await again.ChallengeAsync()));
        Assert.Empty(await again.ReceiveAsync());
        await LinkTown.CloseAsync(houses);
    }

    [Fact]
    public async Task Who_sends_what_cannot_be_read_is_cut_off()
    {
        await using var house = await LinkHouse.OpenAsync(LinkTown.Keys(2)[0]);
        var peer = LinkTown.Keys(2)[1];
        house.Link.SetPeers([new LinkPeer(peer.Address, null)]);
        using var caller = await RawCaller.CallAsync(house.Link.Port);
        await caller.SendAsync(RawCaller.Proof(peer, house.Key.Address, await caller.ChallengeAsync()));
        Assert.Equal(Signature.Size, (await caller.ReceiveAsync()).Length);
        var frame = WireForm.Write(LinkTown.Ballot(1), LinkTown.Network);
        frame[2] = 0xFF;
        await caller.SendAsync(frame);
        Assert.Empty(await caller.ReceiveAsync());
        Assert.Empty(house.Received);
    }

    [Fact]
    public void Votes_go_before_bodies_and_the_oldest_are_dropped()
    {
        var queue = new SendQueue(new LinkLimits { VoteBytes = 3 * Length(1) });
        var header = new BlockHeader(LinkTown.Network, 1, 2, 1, default, 1, BlockKind.Normal, 0, default, default, default);
        queue.Add(Outgoing.Of(new WireMessage.Operations(1, []), LinkTown.Network));
        queue.Add(Outgoing.Of(new WireMessage.Proposed(new ClaimedBlock(header, []), LinkTown.AnySignature, []), LinkTown.Network));
        for (ulong view = 1; view <= 5; view++)
        {
            queue.Add(Outgoing.Of(LinkTown.Ballot(view), LinkTown.Network));
        }

        Assert.Equal(["Ballot 3", "Ballot 4", "Ballot 5", "Proposed", "Operations"], Drain(queue));
        Assert.Equal(2, queue.Dropped);
    }

    [Fact]
    public void What_waits_already_does_not_wait_twice()
    {
        var queue = new SendQueue(LinkLimits.Default);
        queue.Add(Outgoing.Of(LinkTown.Ballot(1), LinkTown.Network));
        queue.Add(Outgoing.Of(LinkTown.Ballot(1), LinkTown.Network));
        Assert.Equal(["Ballot 1"], Drain(queue));
        queue.Add(Outgoing.Of(LinkTown.Ballot(1), LinkTown.Network));
        Assert.Equal(["Ballot 1"], Drain(queue));
    }

    [Fact]
    public void A_batch_ends_with_its_size_and_a_long_frame_goes_alone()
    {
        var (queue, buffer) = (new SendQueue(LinkLimits.Default), new byte[8]);
        queue.Add(Outgoing.Of(LinkTown.Ballot(1), LinkTown.Network));
        queue.Add(Outgoing.Of(LinkTown.Ballot(2), LinkTown.Network));
        Assert.Equal(Length(1), queue.Take(ref buffer, Length(1)));
        Assert.Equal(Length(1), queue.Take(ref buffer, 1));
        Assert.Equal(0, queue.Take(ref buffer, 1));
    }

    [Fact]
    public void Frames_are_cut_out_of_any_pieces()
    {
        var buffer = new FrameBuffer(LinkTown.Network);
        byte[] stream = [.. Enumerable.Range(1, 40).SelectMany(static view => WireForm.Write(LinkTown.Ballot((ulong)view), LinkTown.Network))];
        var frames = 0;
        for (var at = 0; at < stream.Length; at += 7)
        {
            var piece = stream.AsMemory(at, Math.Min(7, stream.Length - at));
            piece.CopyTo(buffer.Free);
            buffer.Added(piece.Length);
            while (!buffer.Next().IsEmpty)
            {
                frames++;
            }

            buffer.MakeRoom();
        }

        Assert.Equal(40, frames);
        Assert.Null(buffer.Reason);
    }

    private static int Length(ulong view) => WireForm.Write(LinkTown.Ballot(view), LinkTown.Network).Length;

    private static List<string> Drain(SendQueue queue)
    {
        var (buffer, names) = (new byte[16], new List<string>());
        var bytes = queue.Take(ref buffer, int.MaxValue);
        for (var rest = buffer.AsSpan(0, bytes); !rest.IsEmpty;)
        {
            Assert.True(WireHead.TryRead(rest, LinkTown.Network, out var head, out _));
            Assert.True(WireForm.TryRead(rest[..(WireHead.Size + head.PayloadBytes)], LinkTown.Network, out var message, out _));
            names.Add(message is WireMessage.Ballot ballot ? $"Ballot {ballot.Vote.Vote.View}" : message.Kind.ToString());
            rest = rest[(WireHead.Size + head.PayloadBytes)..];
        }

        return names;
    }
}
