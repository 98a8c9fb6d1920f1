using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Running;

/// <summary>Makes things happen: requests, crashes, cuts, wrong clocks, lies. Each is one decision that can be left out.</summary>
internal sealed class Director(Network network, SimulatedNetwork all, Profile profile)
{
    /// <summary>Stimuli that go to the parts beside the operator's own, in a hundred.</summary>
    private const ulong PartShare = 12;

    private readonly World _world = all.World;
    private readonly Storm _storm = new(network, all.World, all.Mortals, all.Everybody);
    private readonly List<Order> _past = [];
    private ulong _index;

    internal void Start() => Next();

    private void Next()
    {
        var id = Mix.Of(Mix.Of(_world.Seed, 7), ++_index);
        var pause = 1 + (Mix.Of(id, 1) % (2 * profile.Pause));
        _world.ScheduleAs(id, _world.Now + pause, new WorldEvent(() =>
        {
            if (_world.IsCalm)
            {
                return;
            }

            if (_world.IsKept(id))
            {
                var words = Act(_index, id);
                if (_world.IsRecording)
                {
                    _world.Record(id, words);
                }
            }

            Next();
        }));
    }

    private string Act(ulong index, ulong id)
    {
        var isFault = Mix.Of(id, 2) % 1000 < profile.FaultShare;
        if (all.Parts.Count > 0 && Mix.Of(id, 23) % 100 < PartShare)
        {
            var part = all.Parts[(int)(Mix.Of(id, 24) % (ulong)all.Parts.Count)];
            return isFault ? part.Misbehave(Mix.Of(id, 25)) : part.Act(Mix.Of(id, 25));
        }

        return isFault ? Fault(id, Mix.Of(id, 3)) : Request(index, id, Mix.Of(id, 3) % 100);
    }

    private string Request(ulong index, ulong id, ulong kind)
    {
        var client = all.Clients[(int)(Mix.Of(id, 4) % (ulong)all.Clients.Count)];
        var (tokens, patience) = ((uint)(1 + (Mix.Of(id, 5) % 40)), 6_000 + (Mix.Of(id, 6) % 10_000));
        switch (kind)
        {
            case < 25:
                return Send(client, Order.Make(index, client.Number, isKeyed: false, isQueued: false, tokens, patience), "sends a request");
            case < 50:
                return Send(client, Order.Make(index, client.Number, isKeyed: true, isQueued: false, tokens, patience), "sends a request under a key");
            case < 80:
                return Send(client, Order.Make(index, client.Number, isKeyed: true, isQueued: true, tokens, patience * 2), "queues a request");
            case < 84:
                return Flood(client, index, (int)(4 + (Mix.Of(id, 7) % 12)), tokens, patience);
            case < 90 when Old(id) is { IsKeyed: true } old:
                all.Clients[old.Client].Begin(old);
                return $"client {old.Client} repeats {old.Key}";
            case < 92 when Old(id) is { IsKeyed: true } used:
                all.Clients[used.Client].Begin(used with { Content = Names.Content(index) });
                return $"client {used.Client} uses the key of {used.Key} for something else";
            case < 95 when Old(id) is { IsQueued: true } cheaper && Mix.Of(id, 28) % 2 == 0:
                var more = cheaper.Completion + (Mix.Of(id, 29) % 3 == 0 ? 0 : (cheaper.Completion / 3) + 12);
                return Send(
                    all.Clients[cheaper.Client], Order.Make(index, cheaper.Client, isKeyed: true, isQueued: true, more, patience * 2) with { Replaces = cheaper.Id },
                    $"queues in the place of {cheaper.Key}");
            case < 95 when Old(id) is { IsQueued: true } waiting:
                all.Clients[waiting.Client].Cancel(waiting);
                return $"client {waiting.Client} gives up {waiting.Key}";
            case < 97:
                var cheap = Order.Make(index, client.Number, isKeyed: true, isQueued: false, tokens, patience);
                Keep(cheap);
                client.Cheat(cheap);
                return $"client {client.Number} sends {cheap.Key} with a voucher of long ago";
            default:
                return Batch(id);
        }
    }

    private string Send(ClientProcess client, Order order, string words)
    {
        Keep(order);
        client.Begin(order);
        return $"client {client.Number} {words}: {order.Key}, {order.Completion} tokens, at most {order.Ceiling}";
    }

    private string Flood(ClientProcess client, ulong index, int count, uint tokens, ulong patience)
    {
        for (var i = 0; i < count; i++)
        {
            var order = Order.Make((index * 100) + (ulong)i + 1_000_000, client.Number, isKeyed: i % 2 == 0, isQueued: i % 3 == 0, tokens, patience);
            Keep(order);
            client.Begin(order);
        }

        return $"client {client.Number} sends {count} requests at once";
    }

    private string Batch(ulong id)
    {
        var number = Mix.Of(id, 8) % 6;
        var lines = 1 + (int)(Mix.Of(id, 9) % 20);
        var (first, isCancelled) = ((int)(Mix.Of(id, 10) % (ulong)all.Runners.Count), Mix.Of(id, 11) % 8 == 0);
        all.Runners[first].Drive(number, lines, isCancelled);
        // The other one looks whether it is to take over.
        Later(Bounds.Batch.LeaseMilliseconds + (Mix.Of(id, 26) % 2_000), () => all.Runners[(first + 1) % all.Runners.Count].Drive(number, lines, isCancelled));
        return $"a runner takes batch {number} of {lines} lines";
    }

    private void Keep(Order order)
    {
        all.Invariants.Money.Made(order);
        _past.Add(order);
    }

    private Order? Old(ulong id) => _past.Count == 0 ? null : _past[^(1 + (int)(Mix.Of(id, 12) % (ulong)Math.Min(_past.Count, 30)))];

    private string Fault(ulong id, ulong kind)
    {
        var length = Storm.Length(id);
        var node = all.Nodes[(int)(Mix.Of(id, 15) % (ulong)all.Nodes.Count)];
        switch (kind % 10)
        {
            case < 6:
                return _storm.Act(id, kind % 10);
            case 6 or 7:
                var lie = (Lie)(1 << (int)(Mix.Of(id, 18) % 5));
                node.Lies |= lie;
                Later(2 * length, () => node.Lies &= ~lie);
                return $"{node.Name} is dishonest for {2 * length} ms: {lie}";
            case 8:
                var drains = Mix.Of(id, 27) % 2 == 0;
                node.Leave(drains);
                return $"{node.Name} {(drains ? "drains, leaves" : "leaves")} and joins again";
            default:
                var client = all.Clients[(int)(Mix.Of(id, 19) % (ulong)all.Clients.Count)];
                var amount = new TokenAmount(1 + (Mix.Of(id, 20) % 4_000));
                _ = client.Ask(all.Chain, new WithdrawCall(Names.ClientLedger(client.Number), amount), 3_000);
                return $"client {client.Number} begins to withdraw {amount}";
        }
    }

    private void Later(ulong milliseconds, Action action) => _world.Schedule(_world.Now + milliseconds, new WorldEvent(action));
}
