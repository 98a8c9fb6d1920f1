using Ncn.Discovery;
using Ncn.Protocol;

namespace Ncn.Simulation.Discovery;

/// <summary>Runs a scenario: the network grows by joins, adverts are published twice, peers come and go, and lookups are measured.</summary>
public sealed class DhtRun
{
    private const ulong Minute = 60_000;
    private const ulong Hour = 60 * Minute;
    private static readonly Hostility[] Lies = [Hostility.MadeUp, Hostility.Clique, Hostility.Forgetful, Hostility.Empty, Hostility.Stale];
    private readonly DhtScenario _scenario;
    private readonly DhtWorld _world;
    private readonly List<(DhtPeer Owner, VerifiedAdvert Advert)> _adverts = [];
    private readonly Dictionary<ulong, (ulong At, VerifiedAdvert Wanted)> _running = [];
    private readonly List<(LookupEffort Effort, ulong Milliseconds, bool IsFound)> _ended = [];

    private DhtRun(DhtScenario scenario, DhtWorld world)
    {
        (_scenario, _world) = (scenario, world);
        _world.Listener = Listen;
    }

    /// <summary>Runs one scenario from nothing.</summary>
    public static DhtReport Run(DhtScenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return new DhtRun(scenario, Grown(scenario)).Measure();
    }

    /// <summary>Runs several scenarios that differ in churn only, of honest peers, from one grown network.</summary>
    public static IEnumerable<DhtReport> RunHonest(DhtScenario scenario, IEnumerable<int> churnPercents)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var grown = Grown(scenario with { HostilePercent = 0 });
        return churnPercents.Select(churn =>
            new DhtRun(scenario with { ChurnPercent = churn, HostilePercent = 0 }, grown.Fork(scenario.Seed + (ulong)churn + 1)).Measure());
    }

    // About a hundred peers a second join, at least for a minute, and the network settles.
    private static DhtWorld Grown(DhtScenario scenario)
    {
        var world = new DhtWorld(scenario.Seed, DiscoveryLimits.Default);
        var time = Math.Max(Minute, (ulong)scenario.Peers * 20);
        for (var i = 0; i < scenario.Peers; i++)
        {
            var hostility = i > 0 && world.Dice.Below(100) < scenario.HostilePercent ? Lies[world.Dice.Below(Lies.Length)] : Hostility.None;
            world.Plan(world.Now + (time * (ulong)i / (ulong)scenario.Peers), grown => grown.Add(hostility));
        }

        world.RunUntil(world.Now + time + (2 * Minute));
        return world;
    }

    private DhtReport Measure()
    {
        Publish();
        var churn = PlanChurn();
        var start = _world.Now + (_scenario.ChurnPercent > 0 ? _scenario.ChurnMilliseconds : Minute);
        var length = _scenario.ChurnPercent > 0 ? _scenario.ChurnMilliseconds : 5 * Minute;
        churn(start + length);
        _world.RunUntil(start);
        var before = _world.Requests;
        for (var i = 0; i < _scenario.Lookups; i++)
        {
            var number = (ulong)i;
            _world.Plan(start + (length * (ulong)i / (ulong)_scenario.Lookups), _ => LookUp(number));
        }

        _world.RunUntil(start + length);
        var requests = _world.Requests - before;
        _world.RunUntil(_world.Now + Minute);
        return Report(requests / (double)_scenario.Peers / (length / (double)Minute));
    }

    private void Publish()
    {
        for (var i = 0; i < _scenario.Adverts; i++)
        {
            var owner = _world.RandomHonest();
            if (_adverts.Exists(entry => entry.Owner == owner))
            {
                continue;
            }

            var advert = Advert(owner, 2);
            _adverts.Add((owner, advert));
            _world.Give(owner, new DiscoveryInput.Publish(_world.Now, Advert(owner, 1)));
            _world.Plan(_world.Now + Minute, world => world.Give(owner, new DiscoveryInput.Publish(world.Now, advert)));
        }

        _world.RunUntil(_world.Now + (2 * Minute));
    }

    private VerifiedAdvert Advert(DhtPeer owner, ulong sequence) => VerifiedAdvert.Trusted(new Signed<GatewayRecord>(new GatewayRecord(
        owner.Contact.Operator, sequence, 1 + ((uint)owner.Index % 16), owner.Contact.Url, [], _world.Now, _world.Now + (23 * Hour)), default));

    // Crashes and newcomers at random times; owners of adverts stay, since what is gone cannot be found.
    private Action<ulong> PlanChurn() => until =>
    {
        var from = _world.Now;
        var owners = _adverts.Select(static entry => entry.Owner).ToHashSet();
        var count = (long)_scenario.Peers * _scenario.ChurnPercent * (long)(until - from) / (100 * (long)Hour);
        for (var i = 0; i < count; i++)
        {
            _world.Plan(from + (_world.Dice.Next() % (until - from)), world =>
            {
                var victim = world.RandomPeer();
                while (owners.Contains(victim))
                {
                    victim = world.RandomPeer();
                }

                victim.IsUp = false;
                world.Add(victim.Hostility);
            });
        }
    };

    private void LookUp(ulong number)
    {
        var (_, wanted) = _adverts[_world.Dice.Below(_adverts.Count)];
        _running.Add(number, (_world.Now, wanted));
        _world.Give(_world.RandomHonest(), new DiscoveryInput.FindAdverts(_world.Now, number, DiscoveryKey.OfOperator(wanted.Name.Operator), 0));
    }

    private void Listen(DhtPeer peer, DiscoveryOutput output)
    {
        if (output is DiscoveryOutput.Found found && _running.Remove(found.LookupId, out var lookup))
        {
            _ended.Add((found.Effort, _world.Now - lookup.At, found.Adverts.Any(advert => advert.Id == lookup.Wanted.Id)));
        }
    }

    private DhtReport Report(double requestsPerPeerMinute)
    {
        var times = _ended.Select(static ended => ended.Milliseconds).Order().ToArray();
        var holders = _adverts.Average(entry => _world.Peers.Count(peer => peer.IsUp && peer.Hostility == Hostility.None
            && peer.State.Store.At(DiscoveryKey.OfOperator(entry.Owner.Contact.Operator)).Any(advert => advert.Id == entry.Advert.Id)));
        // A lookup whose own peer crashed meanwhile never ends, and is no lookup.
        return new DhtReport(
            _scenario, _ended.Count, _ended.Count(static ended => ended.IsFound), _ended.Average(static ended => ended.Effort.Rounds),
            _ended.Max(static ended => ended.Effort.Rounds), _ended.Average(static ended => ended.Effort.Requests),
            times[times.Length / 2], times[times.Length * 99 / 100], requestsPerPeerMinute, holders);
    }
}
