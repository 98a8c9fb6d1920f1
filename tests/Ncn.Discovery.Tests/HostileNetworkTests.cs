using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery.Tests;

/// <summary>Peers that lie in answers: what they cost, and that the truth is found past them.</summary>
public sealed class HostileNetworkTests
{
    private static readonly DiscoveryKey Subnet = DiscoveryKey.OfSubnet(1);

    [Fact]
    public void One_operator_with_ground_ids_around_a_key_cannot_hide_an_advert()
    {
        var network = new SmallNetwork();
        var honest = network.Grow(30);
        honest[0].Publish(Samples.Gateway(1));
        Attack(network, honest[1], [.. Enumerable.Range(0, 40).Select(static number => Samples.Peer(Next(Subnet.Value, number), 666, Samples.Block((uint)number)))]);
        network.Run(60_000);
        honest[3].Publish(Samples.Gateway(4));
        Assert.Equal(2, honest[9].Find(Subnet).Length);
        Assert.All(honest, node => Assert.InRange(node.Known.Count(peer => peer.Operator == Samples.Operator(666)), 0, 10));
        Assert.InRange(honest.Count(node => node.State.Store.At(Subnet).Length == 2), 15, 30);
    }

    [Fact]
    public void One_address_block_with_ground_ids_around_a_key_cannot_hide_an_advert()
    {
        var network = new SmallNetwork();
        var honest = network.Grow(30);
        honest[0].Publish(Samples.Gateway(1));
        var block = AddressBlock.Of(System.Net.IPAddress.Parse("203.0.113.9"), false);
        Attack(network, honest[1], [.. Enumerable.Range(0, 40).Select(number => Samples.Peer(Next(Subnet.Value, number), 700 + (uint)number, block))]);
        network.Run(60_000);
        honest[3].Publish(Samples.Gateway(4));
        Assert.Equal(2, honest[9].Find(Subnet).Length);
        Assert.All(honest, node => Assert.InRange(node.Known.Count(peer => peer.Block == block), 0, 10));
    }

    [Fact]
    public void A_newcomer_around_whose_id_one_party_has_ground_many_still_knows_the_others()
    {
        var network = new SmallNetwork();
        var honest = network.Grow(30);
        honest[0].Publish(Samples.Gateway(1));
        var place = SmallNetwork.PlaceOf(500);
        Attack(network, honest[1], [.. Enumerable.Range(0, 40).Select(number => Samples.Peer(Next(place, number), 800 + ((uint)number / 4), Samples.Block(7_000)))]);
        network.Run(60_000);
        var newcomer = network.Add(500, honest[2]);
        network.Run(60_000);
        Assert.InRange(newcomer.Known.Count(peer => honest.Any(node => node.Contact.Id == peer.Id)), 25, 30);
        Assert.InRange(newcomer.Known.Count(peer => peer.Block == Samples.Block(7_000)), 0, 10);
        Assert.Single(newcomer.Find(Subnet));
    }

    [Fact]
    public void Peers_that_do_not_exist_cost_a_path_some_time_and_no_result()
    {
        var network = new SmallNetwork();
        var honest = network.Grow(30);
        honest[0].Publish(Samples.Gateway(1));
        var liar = honest[5];
        liar.Lie = request => request switch
        {
            DiscoveryRequest.FindAdverts find => new DiscoveryAnswer.Adverts([], false, Nobody(find.Key.Value)),
            DiscoveryRequest.FindPeers find => new DiscoveryAnswer.Peers(Nobody(find.Target)),
            _ => null,
        };
        foreach (var finder in honest.Where(node => node != liar))
        {
            finder.Said.Clear();
            Assert.Single(finder.Find(Subnet));
            Assert.InRange(finder.LastEffort.Failures, 0, 9);
            Assert.DoesNotContain(finder.Known, static peer => peer.Operator == Samples.Operator(9_999));
        }
    }

    [Fact]
    public void A_path_through_a_liar_leaves_the_others_alone()
    {
        var self = new Peer(Samples.Place(0), DiscoveryLimits.Default with { Paths = 3, Parallel = 1 });
        self.Meets([Samples.Peer(0x80), Samples.Peer(0x81), Samples.Peer(0x82)]);
        self.Give(new DiscoveryInput.FindPeers(self.Now, 1, Samples.Place(0xFF)));
        Assert.Equal(3, self.Sent.Count);
        var clique = Enumerable.Range(0xF0, 14).Select(static first => Samples.Peer(Samples.Place((byte)first), 100 + (uint)first)).ToImmutableArray();
        self.Answers(self.Sent[0], new DiscoveryAnswer.Peers(clique));
        Assert.Equal(3, self.Sent.Count);
        Assert.Single(self.Sent, send => clique.Any(peer => peer.Id == send.Peer.Id));
        self.Answers(self.Sent[0], new DiscoveryAnswer.Peers([Samples.Peer(0xC0)]));
        Assert.Contains(self.Sent, static send => send.Peer.Id.Value == Samples.Place(0xC0));
    }

    [Fact]
    public void Nobody_is_asked_twice_by_two_paths()
    {
        var self = new Peer(Samples.Place(0), DiscoveryLimits.Default);
        self.Meets([Samples.Peer(0x80), Samples.Peer(0x81), Samples.Peer(0x82)]);
        self.Give(new DiscoveryInput.FindPeers(self.Now, 1, Samples.Place(0xFF)));
        var asked = self.Sent.ToList();
        foreach (var send in asked)
        {
            self.Answers(send, new DiscoveryAnswer.Peers([Samples.Peer(0xF1), Samples.Peer(0xF2)]));
        }

        Assert.Equal(2, self.Sent.Count);
        Assert.Equal(2, self.Sent.Select(static send => send.Peer.Id).Distinct().Count());
    }

    [Fact]
    public void A_forged_claim_to_anothers_id_neither_hides_nor_harms_it()
    {
        var network = new SmallNetwork();
        var honest = network.Grow(8);
        honest[0].Publish(Samples.Gateway(1));
        var victim = honest[3];
        var claim = Samples.Peer(victim.Contact.Id.Value, 666, AddressBlock.Exempt, sequence: 99, url: "http://trap.example.org");
        honest[2].Lie = request => request is DiscoveryRequest.FindPeers ? new DiscoveryAnswer.Peers([claim]) : null;
        var newcomer = network.Add(50, honest[2], honest[4]);
        network.Run(60_000);
        Assert.Contains(newcomer.FindPeers(victim.Contact.Id.Value).Closest, peer => peer.Url == victim.Contact.Url);
        Assert.DoesNotContain(honest.SelectMany(static node => node.Known), static peer => peer.Url == "http://trap.example.org");
    }

    [Fact]
    public void Adverts_under_a_wrong_key_expired_or_outdated_are_not_believed()
    {
        var self = new Peer(Samples.Place(0), DiscoveryLimits.Default);
        self.Meets([Samples.Peer(0x80), Samples.Peer(0x81)]);
        self.Give(new DiscoveryInput.FindAdverts(self.Now, 1, Subnet, 0));
        self.Answers(self.Sent[0], new DiscoveryAnswer.Adverts(
            [Samples.Gateway(1, sequence: 2), Samples.Gateway(2, subnet: 9), Samples.Gateway(3, issuedAt: Samples.Start - Samples.Hour)], false, []));
        self.Answers(self.Sent[0], new DiscoveryAnswer.Adverts([Samples.Gateway(1, sequence: 1)], false, []));
        var found = Assert.Single(self.Said.OfType<DiscoveryOutput.Found>());
        Assert.Equal(2UL, Assert.Single(found.Adverts).Sequence);
    }

    [Fact]
    public void An_answer_of_the_wrong_kind_is_a_failure()
    {
        var self = new Peer(Samples.Place(0), DiscoveryLimits.Default);
        self.Meets([Samples.Peer(0x80)]);
        self.Give(new DiscoveryInput.FindAdverts(self.Now, 1, Subnet, 0));
        self.Answers(Assert.Single(self.Sent), DiscoveryAnswer.Pong.Instance);
        Assert.Equal(1, Assert.Single(self.Said.OfType<DiscoveryOutput.Found>()).Effort.Failures);
    }

    [Fact]
    public void A_holder_that_promises_more_pages_for_ever_is_asked_a_bounded_number_of_times()
    {
        var self = new Peer(Samples.Place(0), DiscoveryLimits.Default);
        self.Meets([Samples.Peer(0x80)]);
        self.Give(new DiscoveryInput.FindAdverts(self.Now, 1, Subnet, 0));
        uint pages = 0;
        while (self.Sent.Count > 0)
        {
            self.Answers(Assert.Single(self.Sent), new DiscoveryAnswer.Adverts([Samples.Gateway(pages++)], true, []));
        }

        Assert.Equal((uint)DiscoveryLimits.Default.MaxPages, pages);
    }

    [Fact]
    public void A_lookup_ends_without_the_silent_and_takes_their_late_answers()
    {
        var self = new Peer(Samples.Place(0), DiscoveryLimits.Default);
        self.Meets([Samples.Peer(0x80), Samples.Peer(0x81)]);
        self.Give(new DiscoveryInput.FindAdverts(self.Now, 1, Subnet, 0));
        var (silent, talks) = (self.Sent[0], self.Sent[1]);
        self.Pass(DiscoveryLimits.Default.HurryMilliseconds);
        Assert.Single(self.Said.OfType<DiscoveryOutput.Found>());
        self.Answers(silent, new DiscoveryAnswer.Adverts([], false, []));
        Assert.Equal(2, self.Known.Count());
        Assert.NotEqual(silent, talks);
    }

    // They are alive, take adverts and forget them, and name each other only; where they are is found out by asking them.
    private static void Attack(SmallNetwork network, SmallNetwork.Node through, Contact[] attackers)
    {
        foreach (var attacker in attackers)
        {
            network.Add(attacker, through).Lie = request => request switch
            {
                DiscoveryRequest.FindAdverts find => new DiscoveryAnswer.Adverts([], false, NearestOf(attackers, find.Key.Value)),
                DiscoveryRequest.FindPeers find => new DiscoveryAnswer.Peers(NearestOf(attackers, find.Target)),
                DiscoveryRequest.Store store => new DiscoveryAnswer.Stored([.. store.Adverts.Select(static _ => StoreOutcome.Kept)]),
                _ => null,
            };
        }
    }

    private static ImmutableArray<Contact> NearestOf(Contact[] attackers, Hash32 target) =>
        [.. attackers.OrderBy(peer => peer.Id.Value ^ target).Take(20).Select(static peer => peer.At(default))];

    // Ids that share all but their last byte with the key.
    private static Hash32 Next(Hash32 key, int number)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        key.CopyTo(bytes);
        bytes[^1] ^= (byte)(number + 1);
        return new Hash32(bytes);
    }

    private static ImmutableArray<Contact> Nobody(Hash32 target) =>
        [.. Enumerable.Range(0, 20).Select(number => Samples.Peer(Next(target, number), 9_999 - ((uint)number * 3), AddressBlock.Exempt))];
}
