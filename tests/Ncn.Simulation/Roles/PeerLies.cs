using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Protocol;

namespace Ncn.Simulation.Roles;

/// <summary>How a peer lies when it is asked.</summary>
internal enum PeerLie
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It names peers that do not exist, and claims that others live at its own address.</summary>
    MadeUp,

    /// <summary>It gives what it was ever told to store: old versions, expired ones, under any key, with more to come for ever.</summary>
    Replay,

    /// <summary>It takes adverts, says that it keeps them, and gives nothing.</summary>
    Forgetful,

    /// <summary>It answers something else than was asked.</summary>
    WrongKind,

    /// <summary>It does not answer.</summary>
    Silent,
}

/// <summary>What a liar says instead of what its core says.</summary>
internal static class PeerLies
{
    /// <summary>Null for no answer.</summary>
    internal static DiscoveryAnswer? Twist(PeerProcess liar, PeerLie lie, IReadOnlyList<VerifiedAdvert> seen, DiscoveryRequest request, DiscoveryAnswer honest) => (lie, request) switch
    {
        (PeerLie.None, _) => honest,
        (PeerLie.Silent, _) => null,
        (PeerLie.WrongKind, DiscoveryRequest.Ping) => new DiscoveryAnswer.Peers(default),
        (PeerLie.WrongKind, _) => new DiscoveryAnswer.Stored([.. Enumerable.Repeat(StoreOutcome.Kept, 7)]),
        (PeerLie.MadeUp, DiscoveryRequest.FindPeers find) => new DiscoveryAnswer.Peers(Nobody(liar, find.Target)),
        (PeerLie.MadeUp, DiscoveryRequest.FindAdverts find) => new DiscoveryAnswer.Adverts([], true, Nobody(liar, find.Key.Value)),
        (PeerLie.Replay, DiscoveryRequest.FindAdverts find) => new DiscoveryAnswer.Adverts([.. seen], true, Nobody(liar, find.Key.Value)),
        (PeerLie.Forgetful, DiscoveryRequest.FindAdverts) => new DiscoveryAnswer.Adverts([], false, []),
        _ => honest,
    };

    private static ImmutableArray<Contact> Nobody(PeerProcess liar, Hash32 target)
    {
        var world = liar.World;
        var strangers = Enumerable.Range(0, 4).Select(_ => Claim(new PeerId(PeerTown.Beside(target, world.Draw())), PeerTown.OperatorOf(500 + (int)world.Below(40)), "https://nobody.example"));
        var victim = liar.Town.Peers[(int)world.Below((ulong)liar.Town.Peers.Count)];
        return [.. strangers, Claim(victim.Id, liar.Operator, PeerTown.UrlOf(liar.Number))];
    }

    private static Contact Claim(PeerId id, Address owner, string url) =>
        Contact.Placed(id, new Signed<PeerRecord>(new PeerRecord(default, owner, ulong.MaxValue, url, 0, ulong.MaxValue), default));
}
