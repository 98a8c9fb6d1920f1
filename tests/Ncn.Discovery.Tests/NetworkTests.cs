namespace Ncn.Discovery.Tests;

/// <summary>Joining, publishing, finding, restarting and leaving in small networks of real cores.</summary>
public sealed class NetworkTests
{
    private static readonly DiscoveryKey Subnet = DiscoveryKey.OfSubnet(1);

    [Fact]
    public void With_one_known_peer_everybody_meets_everybody()
    {
        var nodes = new SmallNetwork().Grow(12);
        Assert.All(nodes, node => Assert.Equal(11, node.Known.Count()));
    }

    [Fact]
    public void What_one_publishes_the_others_find_under_each_of_its_keys()
    {
        var nodes = new SmallNetwork().Grow(40);
        var advert = Samples.Gateway(3);
        nodes[2].Publish(advert);
        Assert.All(advert.Keys, key => Assert.Equal(advert.Id, Assert.Single(nodes[^1].Find(key)).Id));
        Assert.Empty(nodes[^1].Find(DiscoveryKey.OfSubnet(2)));
    }

    [Fact]
    public void Publishing_tells_how_many_keep_it()
    {
        var nodes = new SmallNetwork().Grow(30);
        nodes[4].Publish(Samples.Gateway(5));
        var told = nodes[4].Said.OfType<DiscoveryOutput.Published>().ToList();
        Assert.Equal(4, told.Count);
        Assert.All(told, published => Assert.InRange(published.Holders, 20, 21));
        Assert.All(told, published => Assert.Equal((0, 0), (published.Refused, published.Silent)));
    }

    [Fact]
    public void A_lookup_finds_the_nearest_peers_of_all()
    {
        var network = new SmallNetwork();
        var nodes = network.Grow(60);
        var target = SmallNetwork.PlaceOf(1_000);
        var found = nodes[7].FindPeers(target);
        var nearest = nodes.Where(node => node != nodes[7]).Select(static node => node.Contact.Id).OrderBy(id => id.Value ^ target).Take(20);
        Assert.Equal(nearest, found.Closest.Select(static peer => peer.Id));
        Assert.InRange(found.Effort.Rounds, 1, 4);
    }

    [Fact]
    public void A_newer_advert_takes_the_place_of_the_older_one_everywhere()
    {
        var nodes = new SmallNetwork().Grow(30);
        nodes[0].Publish(Samples.Gateway(1, sequence: 1));
        nodes[0].Publish(Samples.Gateway(1, sequence: 2));
        Assert.Equal(2UL, Assert.Single(nodes[20].Find(Subnet)).Sequence);
        Assert.All(nodes, node => Assert.DoesNotContain(node.State.Store.At(Subnet), static advert => advert.Sequence == 1));
    }

    [Fact]
    public void An_advert_that_expires_is_gone_from_answers_and_from_memory()
    {
        var network = new SmallNetwork();
        var nodes = network.Grow(10);
        nodes[0].Publish(Samples.Gateway(1, issuedAt: network.Now, life: 90_000));
        Assert.Single(nodes[5].Find(Subnet));
        network.Run(100_000);
        Assert.Empty(nodes[5].Find(Subnet));
        network.Run(120_000);
        Assert.All(nodes, node => Assert.Equal(0, node.State.Store.Count));
        Assert.Empty(nodes[0].State.Own.Adverts);
    }

    [Fact]
    public void A_newcomer_near_the_key_gets_the_advert_at_once()
    {
        var network = new SmallNetwork();
        var nodes = network.Grow(3);
        nodes[0].Publish(Samples.Gateway(1));
        var newcomer = network.Add(99, nodes[1]);
        network.Run(5_000);
        Assert.Single(newcomer.State.Store.At(Subnet));
    }

    [Fact]
    public void Three_that_start_at_once_find_each_other_within_five_seconds()
    {
        var network = new SmallNetwork();
        var (a, b, c) = (network.Add(1), network.Add(2), network.Add(3));
        a.Give(new DiscoveryInput.Publish(network.Now, Samples.Gateway(1)));
        b.Give(new DiscoveryInput.Join(network.Now, [a.Contact.At(default)]));
        c.Give(new DiscoveryInput.Join(network.Now, [a.Contact.At(default)]));
        b.Give(new DiscoveryInput.Publish(network.Now, Samples.Gateway(2)));
        c.Give(new DiscoveryInput.Publish(network.Now, Samples.Gateway(3)));
        network.Run(5_000);
        Assert.All(new[] { a, b, c }, node => Assert.Equal(3, node.State.Store.At(Subnet).Length));
    }

    [Fact]
    public void Who_finds_nobody_tries_again_until_somebody_is_there()
    {
        var network = new SmallNetwork();
        var absent = network.Add(1);
        absent.IsUp = false;
        var early = network.Add(2, absent);
        network.Run(120_000);
        Assert.Empty(early.Known);
        absent.IsUp = true;
        network.Run(120_000);
        Assert.Equal(absent.Contact.Id, Assert.Single(early.Known).Id);
    }

    [Fact]
    public void After_a_restart_the_remembered_peers_are_enough()
    {
        var network = new SmallNetwork();
        var nodes = network.Grow(20);
        nodes[3].Publish(Samples.Gateway(4));
        var remembered = nodes[9].State.Table.Peers.Skip(3).ToArray();
        nodes[0].IsUp = false;
        var restarted = network.Add(nodes[9].Contact);
        restarted.Give(new DiscoveryInput.Join(network.Now, [.. remembered]));
        network.Run(30_000);
        Assert.Equal(18, restarted.Known.Count(peer => peer.Id != nodes[0].Contact.Id));
        Assert.Single(restarted.Find(Subnet));
    }

    [Fact]
    public void Who_leaves_hands_its_adverts_over_and_is_forgotten_at_once()
    {
        var network = new SmallNetwork(DiscoveryLimits.Default with { BucketSize = 4 });
        var nodes = network.Grow(24);
        nodes[0].Publish(Samples.Gateway(1));
        nodes[0].IsUp = false;
        foreach (var holder in nodes.Where(node => node.State.Store.At(Subnet).Length > 0 && node.IsUp).ToList())
        {
            holder.Give(new DiscoveryInput.Leave(network.Now));
            network.Run(5_000);
            holder.Take<DiscoveryOutput.Gone>();
            holder.IsUp = false;
        }

        var finder = nodes.Last(static node => node.IsUp);
        finder.Said.Clear();
        Assert.Single(finder.Find(Subnet));
    }

    [Fact]
    public void Who_leaves_answers_callers_and_begins_nothing_more()
    {
        var network = new SmallNetwork();
        var nodes = network.Grow(8);
        nodes[1].Said.Clear();
        nodes[1].Give(new DiscoveryInput.FindAdverts(network.Now, 5, Subnet, 0));
        nodes[1].Give(new DiscoveryInput.Leave(network.Now));
        nodes[1].Give(new DiscoveryInput.FindAdverts(network.Now, 6, Subnet, 0));
        Assert.Equal([5UL, 6UL], nodes[1].Said.OfType<DiscoveryOutput.Found>().Select(static found => found.LookupId));
        nodes[1].Give(new DiscoveryInput.Publish(network.Now, Samples.Gateway(2)));
        Assert.Empty(nodes[1].State.Own.Adverts);
        network.Run(10_000);
        Assert.Single(nodes[1].Said.OfType<DiscoveryOutput.Gone>());
        Assert.All(nodes.Where(node => node != nodes[1]), node => Assert.DoesNotContain(node.Known, peer => peer.Id == nodes[1].Contact.Id));
    }

    [Fact]
    public void More_adverts_than_an_answer_holds_come_page_by_page()
    {
        var network = new SmallNetwork(DiscoveryLimits.Default with { AnswerBytes = 2_000 });
        var nodes = network.Grow(4);
        for (uint i = 0; i < 30; i++)
        {
            nodes[i % 3].Publish(Samples.Gateway(100 + i));
        }

        Assert.Equal(30, nodes[3].Find(Subnet).Length);
    }

    [Fact]
    public void Enough_ends_a_lookup_early()
    {
        var nodes = new SmallNetwork().Grow(60);
        nodes[0].Publish(Samples.Gateway(1));
        var finder = nodes.First(static node => node.State.Store.At(Subnet).IsEmpty);
        finder.Said.Clear();
        Assert.Single(finder.Find(Subnet, enough: 1));
        Assert.InRange(finder.LastEffort.Requests, 1, 15);
        Assert.Single(finder.Find(Subnet));
        Assert.InRange(finder.LastEffort.Requests, 20, 60);
    }
}
