using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Running;

/// <summary>Makes things happen to the peers of discovery. Each is one decision that can be left out.</summary>
internal sealed class DiscoveryDirector(World world, PeerTown town, StrangerProcess stranger)
{
    private readonly bool _isStormy = Profile.Of(world.Seed).FaultShare > 0;
    private readonly ulong _pause = new ulong[] { 4_000, 1_500, 500 }[Mix.Of(Mix.Of(world.Seed, 43), 2) % 3];
    private ulong _index;

    internal void Start()
    {
        var id = Mix.Of(Mix.Of(world.Seed, 77), ++_index);
        world.ScheduleAs(id, world.Now + 1 + (Mix.Of(id, 1) % (2 * _pause)), new WorldEvent(() =>
        {
            if (world.IsCalm)
            {
                return;
            }

            if (world.IsKept(id))
            {
                var peer = Peer(id, 2);
                var words = peer.IsUp ? Act(peer, id, Mix.Of(id, 3) % (_isStormy ? 100UL : 50UL)) : $"{peer.Name} is down";
                if (world.IsRecording)
                {
                    world.Record(id, words);
                }
            }

            Start();
        }));
    }

    private string Act(PeerProcess peer, ulong id, ulong kind)
    {
        switch (kind)
        {
            case < 30:
                return LookUp(peer, id);
            case < 42:
                var url = PeerTown.GatewayOf(peer.Number, (int)(Mix.Of(id, 4) % 2));
                peer.Publish(url);
                return $"{peer.Name} advertises {url}";
            case < 45:
                var gone = PeerTown.GatewayOf(peer.Number, 1);
                peer.Withdraw(gone);
                return $"{peer.Name} advertises {gone} no more";
            case < 50:
                var stakes = town.Peers.ToImmutableSortedDictionary(static other => other.Operator, other => new TokenAmount(Mix.Of(id, (ulong)other.Number) % 3));
                peer.Give(new DiscoveryInput.SetStakes(peer.Clock.Now, stakes));
                return $"{peer.Name} hears of new stakes";
            case < 62:
                stranger.Surround(peer, 1 + (int)(Mix.Of(id, 5) % 8));
                return $"a stranger with ids next to that of {peer.Name} asks it";
            case < 72:
                stranger.Flood(peer, 1 + (int)(Mix.Of(id, 6) % 20));
                return $"a stranger floods {peer.Name} with adverts";
            default:
                return Fault(peer, id, kind, 300 + (Mix.Of(id, 7) % 12_000));
        }
    }

    private string LookUp(PeerProcess peer, ulong id)
    {
        var other = Peer(id, 8);
        switch (Mix.Of(id, 9) % 4)
        {
            case 0:
                peer.FindPeers(other.Id.Value);
                return $"{peer.Name} looks for {other.Name}";
            case 1:
                _ = peer.Find(DiscoveryKey.OfSubnet(1), (int)(Mix.Of(id, 10) % 3));
                return $"{peer.Name} looks for gateways of subnet 1";
            default:
                _ = peer.Find(DiscoveryKey.OfOperator(other.Operator), (int)(Mix.Of(id, 10) % 2));
                return $"{peer.Name} looks for gateways of {other.Name}'s operator";
        }
    }

    private string Fault(PeerProcess peer, ulong id, ulong kind, ulong length)
    {
        switch (kind)
        {
            case < 84:
                var lie = (PeerLie)(1 + (Mix.Of(id, 11) % 5));
                peer.Lie = lie;
                Later(length, () => peer.Lie = PeerLie.None);
                return $"{peer.Name} is dishonest for {length} ms: {lie}";
            case < 91:
                peer.Crash();
                Later(length, peer.Restart);
                return $"{peer.Name} crashes and is back {length} ms later";
            case < 94:
                peer.Give(new DiscoveryInput.Leave(peer.Clock.Now));
                Later(3_000, peer.Crash);
                Later(3_000 + length, peer.Restart);
                return $"{peer.Name} leaves and is back {length} ms later";
            case < 97:
                var (drift, leap) = ((long)(Mix.Of(id, 12) % 2_000) - 1_000, (long)(Mix.Of(id, 13) % 4_000) - 2_000);
                peer.Clock.Drift(drift, leap);
                return $"the clock of {peer.Name} leaps {leap} ms and runs {drift} ppm too fast";
            default:
                return Cut(peer, Peer(id, 14), id, length);
        }
    }

    private string Cut(PeerProcess peer, PeerProcess other, ulong id, ulong length)
    {
        var isOneWay = Mix.Of(id, 15) % 2 == 0;
        world.Network.Cut(peer, other);
        if (!isOneWay)
        {
            world.Network.Cut(other, peer);
        }

        Later(length, () =>
        {
            world.Network.Mend(peer, other);
            if (!isOneWay)
            {
                world.Network.Mend(other, peer);
            }
        });
        return isOneWay ? $"nothing from {peer.Name} reaches {other.Name} for {length} ms" : $"{peer.Name} and {other.Name} are cut off from each other for {length} ms";
    }

    private PeerProcess Peer(ulong id, ulong draw) => town.Peers[(int)(Mix.Of(id, draw) % (ulong)town.Peers.Count)];

    private void Later(ulong milliseconds, Action action) => world.Schedule(world.Now + milliseconds, new WorldEvent(action));
}
