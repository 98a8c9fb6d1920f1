using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Roles;

/// <summary>One party with two operators' keys, one address and as many ids as it likes, ground next to whom it wants to surround.</summary>
internal sealed class StrangerProcess(World world) : Process(world, "a stranger")
{
    internal const string Url = "https://stranger.example";
    private const int MaxIds = 24;
    private const ulong Patience = 1_000;
    private readonly List<Contact> _ids = [];
    private ulong _sequence;

    internal override void Start()
    {
    }

    /// <summary>New ids beside a peer ask it something: it looks whether they are there.</summary>
    internal void Surround(PeerProcess victim, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var id = Identity(PeerTown.Beside(victim.Id.Value, World.Draw()));
            _ids.Add(id);
            _ = Ask(victim, new PeerCall(id, victim.Id, new DiscoveryRequest.FindPeers(victim.Id.Value)), Patience);
        }

        _ids.RemoveRange(0, Math.Max(0, _ids.Count - MaxIds));
    }

    /// <summary>Adverts that a holder may not keep, and as many as it likes of those that it may.</summary>
    internal void Flood(PeerProcess victim, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (url, now) = ($"https://spam-{World.Below(40)}.example", World.Now);
            var advert = World.Below(5) switch
            {
                0 => PeerTown.Advert(Owner(), ++_sequence, url, now - 90_000, now - 50_000),
                1 => PeerTown.Advert(Owner(), ++_sequence, url, now + 60_000, now + 90_000),
                2 => PeerTown.Advert(Owner(), ++_sequence, url, now, now + 10_000_000),
                3 => PeerTown.Advert(Owner(), World.Below(3), url, now, now + 30_000),
                _ => PeerTown.Advert(Owner(), ++_sequence, url, now, now + 30_000),
            };
            var foreign = DiscoveryKey.OfOperator(victim.Operator);
            var key = World.Below(3) == 0 ? foreign : advert.Keys[(int)World.Below((ulong)advert.Keys.Length)];
            _ = Ask(victim, new PeerCall(Identity(PeerTown.Beside(key.Value, World.Draw())), victim.Id, new DiscoveryRequest.Store(key, [advert, advert])), Patience);
        }
    }

    protected override void OnCall(Call call)
    {
        var asked = (PeerCall)call.Body;
        if (World.IsCalm || _ids.Find(id => id.Id == asked.To) is not { } self)
        {
            return;
        }

        DiscoveryAnswer answer = asked.Body switch
        {
            DiscoveryRequest.FindPeers find => new DiscoveryAnswer.Peers(Nearest(find.Target)),
            DiscoveryRequest.FindAdverts find => new DiscoveryAnswer.Adverts([], false, Nearest(find.Key.Value)),
            DiscoveryRequest.Store store => new DiscoveryAnswer.Stored([.. store.Adverts.Select(static _ => StoreOutcome.Kept)]),
            _ => DiscoveryAnswer.Pong.Instance,
        };
        call.Reply(new PeerReply(self, answer));
    }

    private ImmutableArray<Contact> Nearest(Hash32 target) => [.. _ids.OrderBy(id => id.Id.Value ^ target).Take(Bounds.Discovery.BucketSize)];

    private Contact Identity(Hash32 place) =>
        Contact.Placed(new PeerId(place), new Signed<PeerRecord>(new PeerRecord(default, Owner(), 1, Url, 0, World.Now + 600_000), default));

    private Address Owner() => PeerTown.OperatorOf(900 + (int)World.Below(2));
}
