using Ncn.Protocol;

namespace Ncn.Discovery.Tests;

/// <summary>What a peer does by itself as time goes by: storing again, looking around, and within which bounds.</summary>
public sealed class UpkeepTests
{
    private static readonly DiscoveryKey Subnet = DiscoveryKey.OfSubnet(1);

    [Fact]
    public void Own_adverts_are_stored_again_when_all_their_holders_have_crashed()
    {
        var network = new SmallNetwork(DiscoveryLimits.Default with { BucketSize = 4 });
        var nodes = network.Grow(24);
        nodes[0].Publish(Samples.Gateway(1));
        var holders = nodes.Where(node => node != nodes[0] && !node.State.Store.At(Subnet).IsEmpty).ToList();
        holders.ForEach(static holder => holder.IsUp = false);
        Assert.InRange(holders.Count, 3, 5);

        network.Run(network.Limits.RepublishMilliseconds + 20_000);

        var holding = nodes.Where(node => node.IsUp && node != nodes[0] && !node.State.Store.At(Subnet).IsEmpty).ToList();
        Assert.InRange(holding.Count, 3, 5);
        var finder = nodes.First(node => node.IsUp && node.State.Store.At(Subnet).IsEmpty);
        finder.Said.Clear();
        Assert.Single(finder.Find(Subnet));
    }

    [Fact]
    public void A_withdrawn_advert_is_not_stored_again_and_is_gone_when_its_life_ends()
    {
        var network = new SmallNetwork();
        var nodes = network.Grow(6);
        var advert = Samples.Gateway(1, issuedAt: network.Now, life: network.Limits.RepublishMilliseconds + 60_000);
        nodes[0].Publish(advert);
        nodes[0].Give(new DiscoveryInput.Withdraw(network.Now, advert.Name));
        nodes[0].Said.Clear();

        network.Run(network.Limits.RepublishMilliseconds + 30_000);
        Assert.Empty(nodes[0].Said.OfType<DiscoveryOutput.Published>());
        Assert.Single(nodes[3].Find(Subnet));
        network.Run(30_000);
        Assert.Empty(nodes[3].Find(Subnet));
    }

    [Fact]
    public void A_bucket_that_nobody_looked_into_for_an_hour_is_refreshed_and_the_own_neighbourhood_is_not()
    {
        var limits = DiscoveryLimits.Default with { BucketSize = 2, RpcMilliseconds = 600_000, HurryMilliseconds = 600_000 };
        var self = new Peer(Samples.Place(0), limits);
        self.Meets([Samples.Peer(0x80), Samples.Peer(0x90), Samples.Peer(1), Samples.Peer(2)]);
        foreach (var wait in new[] { limits.UpkeepMilliseconds, 3 * limits.UpkeepMilliseconds })
        {
            self.Pass(wait);
            var looked = new HashSet<int>();
            while (self.Sent.Count > 0)
            {
                looked.Add(Assert.IsType<DiscoveryRequest.FindPeers>(self.Sent[0].Body).Target.LeadingZeros);
                self.Answers(self.Sent[0], new DiscoveryAnswer.Peers([]));
            }

            // The two nearest peers share 6 and 7 bits with this one: those buckets are the neighbourhood.
            Assert.Equal(Enumerable.Range(0, 6), looked.Order());
            self.Pass(limits.RefreshMilliseconds - (2 * limits.UpkeepMilliseconds));
            Assert.Empty(self.Sent);
        }
    }

    [Fact]
    public void A_peer_is_found_by_its_id_and_a_node_by_its_operator()
    {
        var nodes = new SmallNetwork().Grow(60);
        nodes[5].Publish(Samples.Node(6));
        var found = nodes[40].FindPeers(nodes[5].Contact.Id.Value).Closest;
        Assert.Equal(nodes[5].Contact.Id, found[0].Id);
        Assert.Equal(Samples.Operator(6), Assert.Single(nodes[40].Find(DiscoveryKey.OfOperator(Samples.Operator(6)))).Name.Operator);
    }

    [Fact]
    public void Answers_that_always_name_somebody_nearer_end_in_a_bounded_number_of_requests()
    {
        var limits = DiscoveryLimits.Default;
        var self = new Peer(Samples.Place(0), limits);
        self.Meets([Samples.Peer(0x80), Samples.Peer(0x81), Samples.Peer(0x82)]);
        self.Give(new DiscoveryInput.FindPeers(self.Now, 1, Samples.Place(0xFF)));
        uint named = 0;
        while (self.Sent.Count > 0)
        {
            Assert.InRange(self.Sent.Count, 1, limits.Paths * limits.Parallel);
            self.Answers(self.Sent[0], new DiscoveryAnswer.Peers([.. Enumerable.Range(0, 20).Select(_ => Nearer(named++))]));
        }

        Assert.Equal(limits.MaxRequests, Assert.Single(self.Said.OfType<DiscoveryOutput.Found>()).Effort.Requests);
    }

    [Fact]
    public void Callers_beyond_the_limit_are_answered_at_once_with_nothing()
    {
        var self = new Peer(Samples.Place(0), DiscoveryLimits.Default with { MaxLookups = 2 });
        self.Meets([Samples.Peer(0x80)]);
        for (ulong number = 1; number <= 3; number++)
        {
            self.Give(new DiscoveryInput.FindAdverts(self.Now, number, Subnet, 0));
        }

        Assert.Equal(3UL, Assert.Single(self.Said.OfType<DiscoveryOutput.Found>()).LookupId);
        self.Sent.ToList().ForEach(send => self.Answers(send, new DiscoveryAnswer.Adverts([], false, [])));
        Assert.Equal([3UL, 1UL, 2UL], self.Said.OfType<DiscoveryOutput.Found>().Select(static found => found.LookupId));
    }

    [Fact]
    public void A_clock_that_is_set_back_ends_no_lookup_twice_and_stops_nothing()
    {
        var network = new SmallNetwork();
        var nodes = network.Grow(12);
        nodes[0].Publish(Samples.Gateway(1));
        nodes[4].Give(new DiscoveryInput.FindAdverts(network.Now, 5, Subnet, 0));
        nodes[4].Give(new DiscoveryInput.Tick(network.Now - 5_000));
        nodes[4].Give(new DiscoveryInput.Request(network.Now - 5_000, null, 9, DiscoveryRequest.Ping.Instance));
        network.Run(20_000);
        Assert.Single(nodes[4].Said.OfType<DiscoveryOutput.Found>(), static found => found.LookupId == 5);
        nodes[4].Said.Clear();
        Assert.Single(nodes[4].Find(Subnet));
        Assert.Empty(nodes[4].State.Pending);
    }

    // Nearer to 0xFF00… with each number.
    private static Contact Nearer(uint number)
    {
        var bytes = Samples.Place(0xFF).ToArray();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), uint.MaxValue - number);
        return Samples.Peer(new Hash32(bytes), 1_000 + number, AddressBlock.Exempt);
    }
}
