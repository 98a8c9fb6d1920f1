using Ncn.Discovery;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Running;

/// <summary>The peers of a few operators beside the rest of the world, and a stranger who would like to be many.</summary>
internal sealed class SimulatedDiscovery(Cores cores) : ISimulated
{
    private const ulong Audit = 20_000;
    private const ulong LongestCalm = 5 * 60_000;
    private World _world = null!;
    private PeerTown _town = null!;
    private StrangerProcess _stranger = null!;
    private IReadOnlyList<PeerProcess> _peers = [];
    private DiscoveryDirector _director = null!;
    private ulong _calmSince;
    private string _missing = "no audit has ended";

    /// <inheritdoc/>
    public bool IsQuiet => _missing.Length == 0 || (_calmSince > 0 && _world.Now > _calmSince + LongestCalm);

    /// <inheritdoc/>
    public void Build(SimulatedNetwork network)
    {
        _world = network.World;
        var count = 5 + (int)(Mix.Of(Mix.Of(_world.Seed, 43), 1) % 3);
        _peers = [.. Enumerable.Range(0, count).Select(number => new PeerProcess(_world, number, cores))];
        _stranger = new StrangerProcess(_world);
        _town = new PeerTown(_peers, _stranger);
        foreach (var peer in _peers)
        {
            peer.Town = _town;
            peer.Adverts[PeerTown.GatewayOf(peer.Number, 0)] = PeerTown.Advert(peer.Operator, 0, PeerTown.GatewayOf(peer.Number, 0), 0, 0);
        }

        _director = new DiscoveryDirector(_world, _town, _stranger);
        _world.Schedule(_world.Now + 1, new WorldEvent(_director.Start));
        _world.Schedule(_world.Now + 2, new WorldEvent(Watch));
    }

    /// <inheritdoc/>
    public void CheckQuiet()
    {
        if (_missing.Length > 0)
        {
            throw new ViolationException("in calm weather every advert is found by everybody", _missing);
        }
    }

    // In calm weather everybody looks for everything, until all of it is found.
    private void Watch()
    {
        if (_world.IsCalm && _calmSince == 0)
        {
            _calmSince = _world.Now;
            foreach (var peer in _peers)
            {
                peer.Lie = PeerLie.None;
            }
        }
        else if (_world.IsCalm && _missing.Length > 0)
        {
            _ = LookAsync();
        }

        if (_missing.Length > 0)
        {
            _world.Schedule(_world.Now + (_world.IsCalm ? Audit : 2_000), new WorldEvent(Watch));
        }
    }

    private async Flow LookAsync()
    {
        var missing = new List<string>();
        foreach (var seeker in _peers)
        {
            foreach (var owner in _peers)
            {
                var wanted = owner.Adverts.Values.ToArray();
                var found = await seeker.Find(DiscoveryKey.OfOperator(owner.Operator), 0);
                missing.AddRange(wanted
                    .Where(advert => !found.Adverts.Any(other => other.Name == advert.Name && other.Sequence >= advert.Sequence))
                    .Select(advert => $"{seeker.Name} does not find {advert.Name.Url} of {owner.Name}"));
            }
        }

        _missing = string.Join("; ", missing.Take(4));
    }
}
