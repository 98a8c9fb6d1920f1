using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Roles.Peers;

/// <summary>The discovery network of several operators. In calm weather each peer must find what every other one advertises.</summary>
internal sealed class SimulatedDiscovery(int count) : ISimulated
{
    private const int MostTries = 5;
    private const ulong Spread = 8_000;
    private readonly List<string> _missed = [];
    private PeerProcess[] _peers = [];
    private bool _isAudited;

    internal World World { get; private set; } = null!;

    internal Cores Cores { get; private set; } = null!;

    internal DiscoveryInvariants Invariants { get; } = new();

    /// <summary>How long an advert lives, milliseconds: a third of it passes until the next one.</summary>
    internal ulong AdvertLife { get; } = 90_000;

    /// <summary>Whom everybody knows.</summary>
    internal IEnumerable<PeerProcess> Bootstrap => _peers.Take(2);

    public IReadOnlyList<Process> Build(World world, Cores cores)
    {
        (World, Cores) = (world, cores);
        return _peers = [.. Enumerable.Range(0, count).Select(number => new PeerProcess(this, World, number))];
    }

    public string Act(ulong id)
    {
        var (seeker, sought) = (Pick(id, 1), Pick(id, 2));
        if (Mix.Of(id, 4) % 8 == 0 && seeker.IsUp)
        {
            seeker.Stake(_peers.Select(static peer => peer.Operator).Distinct().ToImmutableSortedDictionary(static operatorAddress => operatorAddress, operatorAddress => new TokenAmount(Mix.Of(id, 10 + (ulong)Names.NumberOf(operatorAddress)) % 100)));
            return $"{seeker.Name} hears that stakes have changed";
        }

        if (seeker.IsUp)
        {
            _ = seeker.Find(Mix.Of(id, 3) % 4 == 0 ? DiscoveryKey.OfSubnet(1) : DiscoveryKey.OfOperator(sought.Operator));
        }

        return $"{seeker.Name} looks for what {sought.Name} advertises";
    }

    public string Misbehave(ulong id)
    {
        var (peer, length) = (Pick(id, 1), 500 + (Mix.Of(id, 2) % 20_000));
        var lie = (PeerLie)(1 << (int)(Mix.Of(id, 3) % 8));
        if (lie > PeerLie.AnswersOther)
        {
            _ = peer.IsUp ? peer.LeaveAsync(length) : null;
            return $"{peer.Name} leaves and comes back";
        }

        peer.Lies |= lie;
        World.Schedule(World.Now + length, new WorldEvent(() => peer.Lies &= ~lie));
        return $"{peer.Name} is dishonest for {length} ms: {lie}";
    }

    public void BeCalm()
    {
        Array.ForEach(_peers, static peer => peer.Lies = PeerLie.None);
        // Until then every advert of a liar and of an earlier life has expired, and every peer has advertised anew.
        World.Schedule(World.Now + AdvertLife + (AdvertLife / 2), new WorldEvent(() => _ = AuditAsync()));
    }

    public bool IsQuiet => _isAudited && _peers.All(static peer => peer.Open == 0);

    public void CheckQuiet()
    {
        if (_missed.Count > 0)
        {
            throw new ViolationException(Invariant.AdvertisedIsFound, string.Join("; ", _missed.Take(3)));
        }
    }

    /// <summary>Whether a peer's id was tried out until it lay where it is wanted: one in a larger network.</summary>
    internal bool IsGround(int number) => count > 4 && number == count - 1;

    /// <summary>Who is asked at an address; null for nobody.</summary>
    internal PeerProcess? At(string url) => Array.Find(_peers, peer => peer.Url == url);

    private async Flow AuditAsync()
    {
        foreach (var seeker in _peers)
        {
            foreach (var group in _peers.GroupBy(static peer => peer.Operator))
            {
                await AuditAsync(seeker, group.Key, [.. group]);
            }
        }

        _isAudited = true;
    }

    // A lookup may meet a moment in which records change hands; one that misses again and again misses.
    private async Flow AuditAsync(PeerProcess seeker, Address operatorAddress, PeerProcess[] sought)
    {
        for (var tries = 1; true; tries++)
        {
            var wanted = sought.Select(static peer => peer.Settled(Spread)!).ToArray();
            var found = await seeker.Find(DiscoveryKey.OfOperator(operatorAddress));
            var missing = Array.FindIndex(wanted, advert => !found.Any(other => other.Name == advert.Name && other.Sequence >= advert.Sequence));
            if (missing < 0)
            {
                return;
            }

            if (tries == MostTries)
            {
                _missed.Add($"{seeker.Name} finds {found.Length} adverts, and not the newest of {sought[missing].Name}");
                return;
            }

            await seeker.Sleep(1_000);
        }
    }

    private PeerProcess Pick(ulong id, ulong draw) => _peers[(int)(Mix.Of(id, draw) % (ulong)_peers.Length)];
}
