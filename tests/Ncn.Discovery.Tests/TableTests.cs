using Ncn.Protocol;

namespace Ncn.Discovery.Tests;

/// <summary>Who comes into the table, who stays, and what an attacker with many ids gets.</summary>
public sealed class TableTests
{
    private static readonly DiscoveryLimits Limits = DiscoveryLimits.Default with { BucketSize = 4, SpareSize = 2 };
    private readonly Peer _self = new(Samples.Place(0), Limits);

    [Fact]
    public void Who_was_only_named_or_only_asked_is_not_in_the_table()
    {
        _self.Asks(Samples.Peer(0x80), DiscoveryRequest.Ping.Instance);
        Assert.Empty(_self.Known);
        var probe = Assert.Single(_self.Sent);
        Assert.IsType<DiscoveryRequest.Ping>(probe.Body);
        _self.Answers(probe, DiscoveryAnswer.Pong.Instance);
        Assert.Single(_self.Known);
    }

    [Fact]
    public void A_probe_that_nobody_answers_leaves_the_table_empty()
    {
        _self.Asks(Samples.Peer(0x80), DiscoveryRequest.Ping.Instance);
        _self.Pass(10_000);
        Assert.Empty(_self.Known);
        Assert.Empty(_self.State.Pending);
    }

    [Fact]
    public void A_client_without_a_record_is_answered_and_not_asked_back()
    {
        _self.Asks(null, new DiscoveryRequest.FindPeers(Samples.Place(1)));
        Assert.Empty(_self.Sent);
        Assert.IsType<DiscoveryAnswer.Peers>(_self.LastAnswer);
    }

    [Fact]
    public void A_full_bucket_keeps_its_old_peers_while_they_live()
    {
        byte[] old = [0x80, 0x90, 0xA0, 0xB0];
        _self.Meets(old.Select(Samples.Peer));
        _self.Pass(Limits.FreshMilliseconds);
        _self.Meets([Samples.Peer(0xC0)]);
        var check = Assert.Single(_self.Sent);
        Assert.Equal(Samples.Place(0x80), check.Peer.Id.Value);
        _self.Answers(check, DiscoveryAnswer.Pong.Instance);
        _self.Meets([Samples.Peer(0xD0), Samples.Peer(0xE0), Samples.Peer(0xF0)], answersChecks: true);
        Assert.Equal(old.Select(first => Samples.Place(first)), _self.Known.Select(static peer => peer.Id.Value).Order());
    }

    [Fact]
    public void A_silent_peer_makes_room_for_the_newest_reserve()
    {
        _self.Meets(new byte[] { 0x80, 0x90, 0xA0, 0xB0 }.Select(Samples.Peer));
        _self.Pass(Limits.FreshMilliseconds);
        _self.Meets([Samples.Peer(0xC0)]);
        var check = Assert.Single(_self.Sent);
        _self.Hears();
        _self.Fails(check);
        Assert.DoesNotContain(_self.Known, static peer => peer.Id.Value == Samples.Place(0x80));
        Assert.Contains(_self.Known, static peer => peer.Id.Value == Samples.Place(0xC0));
    }

    [Fact]
    public void An_own_outage_empties_no_table()
    {
        byte[] peers = [0x80, 0x40, 0x20, 0x10];
        _self.Meets(peers.Select(Samples.Peer));
        _self.Pass(Limits.OutageMilliseconds + 1);
        for (var i = 0; i < 10; i++)
        {
            _self.Give(new DiscoveryInput.FindPeers(_self.Now, 1, Samples.Place(0x81)));
            _self.Pass(60_000);
        }

        Assert.Equal(peers.Length, _self.Known.Count());
    }

    [Fact]
    public void Who_failed_is_not_named_to_others_until_it_answers_again()
    {
        _self.Meets([Samples.Peer(0x80), Samples.Peer(0x90)]);
        _self.Give(new DiscoveryInput.FindPeers(_self.Now, 1, Samples.Place(0x80)));
        _self.Fails(_self.Sent.Single(static send => send.Peer.Id.Value == Samples.Place(0x80)));
        _self.Asks(null, new DiscoveryRequest.FindPeers(Samples.Place(0x80)));
        Assert.Equal(Samples.Place(0x90), Assert.Single(((DiscoveryAnswer.Peers)_self.LastAnswer).Closest).Id.Value);
    }

    [Fact]
    public void One_operator_gets_two_places_in_a_bucket_however_many_ids_it_grinds()
    {
        _self.Meets(Enumerable.Range(0x80, 100).Select(first => Samples.Peer(Samples.Place((byte)first), 5, Samples.Block((uint)first))));
        Assert.Equal(Limits.OperatorPerBucket, _self.Known.Count());
        _self.Meets([Samples.Peer(0xF0), Samples.Peer(0xF1)]);
        Assert.Equal(4, _self.Known.Count());
    }

    [Fact]
    public void One_operator_gets_ten_places_in_the_table()
    {
        var ground = Enumerable.Range(0, 60).Select(bits => Samples.Peer(Shared(bits), 5, Samples.Block((uint)bits)));
        _self.Meets(ground);
        Assert.Equal(Limits.OperatorPerTable, _self.Known.Count());
    }

    [Fact]
    public void One_address_block_gets_two_places_in_a_bucket_and_ten_in_the_table()
    {
        var block = AddressBlock.Of(System.Net.IPAddress.Parse("192.0.2.1"), false);
        _self.Meets(Enumerable.Range(0x80, 50).Select(first => Samples.Peer(Samples.Place((byte)first), (uint)first, block)));
        Assert.Equal(Limits.BlockPerBucket, _self.Known.Count());
        _self.Meets(Enumerable.Range(1, 60).Select(bits => Samples.Peer(Shared(bits), 1_000 + (uint)bits, block)));
        Assert.Equal(Limits.BlockPerTable, _self.Known.Count());
    }

    [Fact]
    public void Exempt_addresses_count_against_no_limit()
    {
        _self.Meets(Enumerable.Range(1, 30).Select(bits => Samples.Peer(Shared(bits), (uint)bits, AddressBlock.Exempt)));
        Assert.Equal(30, _self.Known.Count());
    }

    [Fact]
    public void A_peer_that_moves_into_a_full_share_loses_its_place()
    {
        var block = Samples.Block(77);
        _self.Meets([Samples.Peer(Samples.Place(0x80), 1, block), Samples.Peer(Samples.Place(0x81), 2, block), Samples.Peer(0x82)]);
        _self.Meets([Samples.Peer(Samples.Place(0x82), 0x82, block, sequence: 2, url: "http://moved.example.org")]);
        Assert.Equal(2, _self.Known.Count());
    }

    [Fact]
    public void An_older_record_does_not_take_a_peers_address_back()
    {
        _self.Meets([Samples.Peer(Samples.Place(0x80), 1, sequence: 5, url: "http://new.example.org")]);
        _self.Meets([Samples.Peer(Samples.Place(0x80), 1, sequence: 4, url: "http://old.example.org")]);
        Assert.Equal("http://new.example.org", Assert.Single(_self.Known).Url);
    }

    [Fact]
    public void A_new_address_counts_only_after_an_answer_from_there()
    {
        _self.Meets([Samples.Peer(Samples.Place(0x80), 1, sequence: 1, url: "http://here.example.org")]);
        var moved = Samples.Peer(Samples.Place(0x80), 1, sequence: 2, url: "http://there.example.org");
        _self.Asks(moved, DiscoveryRequest.Ping.Instance);
        Assert.Equal("http://here.example.org", Assert.Single(_self.Known).Url);
        _self.Answers(Assert.Single(_self.Sent), DiscoveryAnswer.Pong.Instance);
        Assert.Equal("http://there.example.org", Assert.Single(_self.Known).Url);
    }

    [Fact]
    public void An_expired_record_brings_nobody_in_and_is_named_to_nobody()
    {
        _self.Meets([Samples.Peer(Samples.Place(0x80), 1, expiresAt: _self.Now)]);
        Assert.Empty(_self.Known);
        _self.Meets([Samples.Peer(Samples.Place(0x80), 1, expiresAt: _self.Now + 1_000)]);
        _self.Pass(1_000);
        _self.Asks(null, new DiscoveryRequest.FindPeers(Samples.Place(0x80)));
        Assert.Empty(((DiscoveryAnswer.Peers)_self.LastAnswer).Closest);
    }

    [Fact]
    public void Nobody_but_the_peer_itself_can_send_it_away()
    {
        _self.Meets([Samples.Peer(0x80), Samples.Peer(0x90)]);
        _self.Asks(null, DiscoveryRequest.Leave.Instance);
        Assert.Equal(2, _self.Known.Count());
        _self.Asks(Samples.Peer(0x80), DiscoveryRequest.Leave.Instance);
        Assert.Equal(Samples.Place(0x90), Assert.Single(_self.Known).Id.Value);
    }

    [Fact]
    public void A_flood_of_newcomers_is_probed_a_few_at_a_time()
    {
        for (var first = 1; first < 256; first++)
        {
            _self.Asks(Samples.Peer((byte)first), DiscoveryRequest.Ping.Instance);
        }

        Assert.Equal(Limits.MaxProbes, _self.Sent.Count);
    }

    [Fact]
    public void An_answer_that_belongs_to_nothing_or_to_another_peer_changes_nothing()
    {
        _self.Asks(Samples.Peer(0x80), DiscoveryRequest.Ping.Instance);
        var probe = Assert.Single(_self.Sent);
        _self.Give(new DiscoveryInput.Answered(_self.Now, 999, Samples.Peer(0x81), DiscoveryAnswer.Pong.Instance));
        _self.Give(new DiscoveryInput.Answered(_self.Now, probe.RpcId, Samples.Peer(0x81), DiscoveryAnswer.Pong.Instance));
        Assert.Empty(_self.Known);
        _self.Give(new DiscoveryInput.Answered(_self.Now, probe.RpcId, Samples.Peer(0x80), DiscoveryAnswer.Pong.Instance));
        Assert.Empty(_self.Known);
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x47)]
    [InlineData(0xFE)]
    public void The_nearest_are_named_in_order(byte target)
    {
        var peers = new byte[] { 0x01, 0x02, 0x05, 0x0B, 0x13, 0x21, 0x40, 0x44, 0x62, 0x80, 0x91, 0xC3, 0xFF };
        _self.Meets(peers.Select(Samples.Peer));
        _self.Asks(null, new DiscoveryRequest.FindPeers(Samples.Place(target)));
        var expected = peers.Where(first => _self.Known.Any(peer => peer.Id.Value == Samples.Place(first))).OrderBy(first => first ^ target).Take(Limits.BucketSize);
        Assert.Equal(expected.Select(first => Samples.Place(first)), ((DiscoveryAnswer.Peers)_self.LastAnswer).Closest.Select(static peer => peer.Id.Value));
    }

    // A place that shares exactly so many first bits with place zero.
    private static Hash32 Shared(int bits)
    {
        Span<byte> place = stackalloc byte[Hash32.Size];
        place[bits / 8] = (byte)(0x80 >> (bits % 8));
        return new Hash32(place);
    }
}
