using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Protocol;

namespace Ncn.Simulation.Discovery;

/// <summary>What hostile peers say instead of the truth. They know each other, and pay for an operator and an address block each.</summary>
internal sealed class HostileAnswers(Dice dice)
{
    private const int Named = 20;
    private const int Window = 64;
    private static readonly Comparer<Contact> ById = Comparer<Contact>.Create(static (left, right) => left.Id.Value.CompareTo(right.Id.Value));
    private readonly List<Contact> _clique = [];
    private readonly Dictionary<(PeerId, AdvertName), VerifiedAdvert> _first = [];

    internal void Enlist(Contact peer) => _clique.Insert(PlaceOf(peer), peer);

    /// <summary>The hostile answer to a request, given the honest one.</summary>
    internal DiscoveryAnswer Twist(DhtPeer liar, DiscoveryRequest request, DiscoveryAnswer honest) => (request, honest) switch
    {
        (DiscoveryRequest.FindPeers find, DiscoveryAnswer.Peers peers) => new DiscoveryAnswer.Peers(Name(liar, find.Target, peers.Closest)),
        (DiscoveryRequest.FindAdverts find, DiscoveryAnswer.Adverts adverts) =>
            new DiscoveryAnswer.Adverts(Give(liar, adverts.Found), false, Name(liar, find.Key.Value, adverts.Closest)),
        _ => honest,
    };

    /// <summary>Whether a store reaches the liar's memory.</summary>
    internal bool Keeps(DhtPeer liar, DiscoveryRequest.Store store)
    {
        foreach (var advert in liar.Hostility == Hostility.Stale ? store.Adverts : [])
        {
            _first.TryAdd((liar.Contact.Id, advert.Name), advert);
        }

        return liar.Hostility == Hostility.Stale;
    }

    private ImmutableArray<Contact> Name(DhtPeer liar, Hash32 target, ImmutableArray<Contact> honest) => liar.Hostility switch
    {
        Hostility.MadeUp => [.. Enumerable.Range(0, Named).Select(_ => MadeUp(target))],
        Hostility.Clique => NearestOfUs(target),
        Hostility.Empty => [],
        _ => honest,
    };

    private ImmutableArray<VerifiedAdvert> Give(DhtPeer liar, ImmutableArray<VerifiedAdvert> honest) => liar.Hostility == Hostility.Stale
        ? [.. honest.Select(advert => _first.GetValueOrDefault((liar.Contact.Id, advert.Name), advert))]
        : [];

    private Contact MadeUp(Hash32 target)
    {
        Span<byte> place = stackalloc byte[Hash32.Size];
        target.CopyTo(place);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(place[8..], dice.Next());
        return DhtWorld.ContactAt(new Hash32(place), dice.Address(), "http://nobody", AddressBlock.Exempt);
    }

    // The nearest by exclusive or lie next to the target in the order of the ids.
    private ImmutableArray<Contact> NearestOfUs(Hash32 target)
    {
        var at = PlaceOf(DhtWorld.ContactAt(target, default, string.Empty, default));
        var near = _clique.GetRange(Math.Max(0, at - Window), Math.Min(_clique.Count, at + Window) - Math.Max(0, at - Window));
        return [.. near.OrderBy(peer => peer.Id.Value ^ target).Take(Named)];
    }

    private int PlaceOf(Contact peer)
    {
        var at = _clique.BinarySearch(peer, ById);
        return at < 0 ? ~at : at;
    }
}
