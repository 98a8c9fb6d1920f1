using System.Buffers.Binary;
using Ncn.Discovery;
using Ncn.Protocol;

namespace Ncn.Simulation.Roles.Peers;

/// <summary>What a peer does that it should not.</summary>
[Flags]
internal enum PeerLie
{
    None = 0,

    /// <summary>It names peers next to the target that do not exist.</summary>
    MakesUp = 1,

    /// <summary>It takes adverts and forgets them.</summary>
    Forgets = 2,

    /// <summary>It answers with nothing.</summary>
    Withholds = 4,

    /// <summary>It gives the first version of an advert that it saw for ever.</summary>
    Replays = 8,

    /// <summary>It advertises far more than it has.</summary>
    Floods = 16,

    /// <summary>It answers with adverts that nobody asked for.</summary>
    Junk = 32,

    /// <summary>It answers another question than it was asked.</summary>
    AnswersOther = 64,
}

/// <summary>The lies of one peer. Records are signed by their operators: it makes up peers of its own operator only, and no adverts.</summary>
internal sealed class PeerLies(PeerProcess peer, SimulatedDiscovery all)
{
    private const int Named = 3;
    private const int MostKept = 64;
    private readonly Dictionary<AdvertName, VerifiedAdvert> _first = [];

    /// <summary>The answer to a request that never reaches the core; null for one that does.</summary>
    internal DiscoveryAnswer? Swallows(DiscoveryRequest request)
    {
        if (request is not DiscoveryRequest.Store store)
        {
            return null;
        }

        foreach (var advert in store.Adverts)
        {
            _ = _first.Count < MostKept && _first.TryAdd(advert.Name, advert);
        }

        return peer.Lies.HasFlag(PeerLie.Forgets) ? new DiscoveryAnswer.Stored([.. store.Adverts.Select(static _ => StoreOutcome.Kept)]) : null;
    }

    /// <summary>What it says instead of the truth.</summary>
    internal DiscoveryAnswer Twist(DiscoveryRequest request, DiscoveryAnswer honest) => (request, honest) switch
    {
        (DiscoveryRequest.FindPeers, _) when peer.Lies.HasFlag(PeerLie.AnswersOther) => new DiscoveryAnswer.Adverts([], true, []),
        (_, _) when peer.Lies.HasFlag(PeerLie.AnswersOther) => DiscoveryAnswer.Pong.Instance,
        (_, DiscoveryAnswer.Adverts junk) when peer.Lies.HasFlag(PeerLie.Junk) => junk with { Found = [.. junk.Found, .. _first.Values.OrderBy(static advert => advert.Id).Take(MostKept / 2)] },
        (DiscoveryRequest.FindPeers find, DiscoveryAnswer.Peers) when peer.Lies.HasFlag(PeerLie.MakesUp) =>
            new DiscoveryAnswer.Peers([.. Enumerable.Range(0, Named).Select(_ => MadeUp(find.Target))]),
        (DiscoveryRequest.FindAdverts find, DiscoveryAnswer.Adverts) when peer.Lies.HasFlag(PeerLie.MakesUp) =>
            new DiscoveryAnswer.Adverts([], false, [.. Enumerable.Range(0, Named).Select(_ => MadeUp(find.Key.Value))]),
        (_, DiscoveryAnswer.Peers) when peer.Lies.HasFlag(PeerLie.Withholds) => new DiscoveryAnswer.Peers([]),
        (_, DiscoveryAnswer.Adverts) when peer.Lies.HasFlag(PeerLie.Withholds) => new DiscoveryAnswer.Adverts([], false, []),
        (_, DiscoveryAnswer.Adverts adverts) when peer.Lies.HasFlag(PeerLie.Replays) =>
            adverts with { Found = [.. adverts.Found.Select(advert => _first.GetValueOrDefault(advert.Name, advert))] },
        _ => honest,
    };

    private Contact MadeUp(Hash32 target)
    {
        Span<byte> place = stackalloc byte[Hash32.Size];
        target.CopyTo(place);
        BinaryPrimitives.WriteUInt64BigEndian(place[8..], all.World.Draw());
        return PeerNames.Contact(new PeerId(new Hash32(place)), peer.Operator, "https://nobody", peer.Clock.Now, peer.Clock.Now + 60_000);
    }
}
