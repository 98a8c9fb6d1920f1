using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Running;

/// <summary>One operator with all its processes, its clients and nodes, and the chain.</summary>
internal sealed class SimulatedNetwork
{
    private readonly List<ISimulated> _parts = [];
    private readonly List<Process> _mortals = [];
    private readonly List<Process> _everybody = [];
    private readonly ulong _slowness;

    internal SimulatedNetwork(World world, Cores cores, Profile profile)
    {
        World = world;
        Registry = new RegistryProcess(world, cores, Invariants) { StoreFaults = profile.StoreFaults };
        Broker = new BrokerProcess(world) { Registry = Registry };
        Registry.Broker = Broker;
        Chain = new ChainProcess(world) { PaysOutPromises = cores.Fault == ShellFault.PaysOutPromises };
        var events = new ChainEventsProcess(world, Chain, Registry, profile.Clients);
        Gateways = [.. Enumerable.Range(0, profile.Gateways).Select(number => new GatewayProcess(world, number, Registry, Chain))];
        Nodes = [.. Enumerable.Range(0, profile.Nodes).Select(number => new NodeProcess(world, number, Registry))];
        Clients = [.. Enumerable.Range(0, profile.Clients).Select(number => new ClientProcess(world, number, Invariants))];
        Runners = [.. Enumerable.Range(0, 2).Select(number => new BatchRunnerProcess(world, number, Registry))];
        _mortals.AddRange([Registry, events, .. Gateways, .. Nodes, .. Runners]);
        _everybody.AddRange([Broker, Chain, .. Mortals, .. Clients]);
        Array.ForEach([.. Gateways], gateway => gateway.Nodes = Nodes);
        Array.ForEach([.. Nodes], node => node.Gateways = Gateways);
        Array.ForEach([.. Clients], client => client.Gateways = Gateways);
        Array.ForEach([.. Clients], client => Chain.Deposit(Names.ClientLedger(client.Number), new TokenAmount(4_000 + (Mix.Of(world.Seed, (ulong)client.Number) % 12_000))));
        world.Network.Weather = profile.Weather;
        _slowness = profile.DiskSlowness;
        _everybody.ForEach(process => process.Disk.Slowness = _slowness);
    }

    internal World World { get; }

    internal InvariantSet Invariants { get; } = new();

    internal RegistryProcess Registry { get; }

    internal BrokerProcess Broker { get; }

    internal ChainProcess Chain { get; }

    internal IReadOnlyList<GatewayProcess> Gateways { get; }

    internal IReadOnlyList<NodeProcess> Nodes { get; }

    internal IReadOnlyList<ClientProcess> Clients { get; }

    internal IReadOnlyList<BatchRunnerProcess> Runners { get; }

    /// <summary>Who can crash.</summary>
    internal IReadOnlyList<Process> Mortals => _mortals;

    internal IReadOnlyList<Process> Everybody => _everybody;

    internal IReadOnlyList<ISimulated> Parts => _parts;

    internal void Add(ISimulated part)
    {
        _parts.Add(part);
        foreach (var process in part.Build(World, Registry.Cores))
        {
            process.Disk.Slowness = _slowness;
            _mortals.Add(process);
            _everybody.Add(process);
        }
    }

    internal void BeCalm()
    {
        Array.ForEach([.. Nodes], static node => node.Lies = Lie.None);
        World.BeCalm();
        _parts.ForEach(static part => part.BeCalm());
    }

    /// <summary>Reads every ledger, as somebody always does: what has expired is released by it.</summary>
    internal void Audit()
    {
        foreach (var ledger in Ledgers())
        {
            _ = Registry.Ask(Registry, new ChannelCall(ledger, [static now => new ChannelInput.Expire(now)], $"read {ledger}"), 2_000);
        }

        foreach (var node in Nodes)
        {
            _ = node.Books.ApplyAsync(new ChannelInput.Expire(node.Clock.Now), null);
        }
    }

    internal bool IsQuiet =>
        Clients.All(static client => client.Open == 0) && Registry.Pool.Jobs.IsEmpty && Broker.IsEmpty && !Chain.IsWithdrawing
        && Gateways.All(static gateway => gateway.Board.Running == 0 && gateway.IsIdle)
        && Ledgers().All(ledger => Registry.Channel(ledger).Reservations.IsEmpty)
        && Nodes.All(static node => node.Books.State.Reservations.IsEmpty)
        && _parts.TrueForAll(static part => part.IsQuiet);

    /// <summary>What is not quiet, for the words of a violation.</summary>
    internal string Unrest() =>
        $"{Clients.Sum(static client => client.Open)} open requests, {Registry.Pool.Jobs.Count} jobs, broker {(Broker.IsEmpty ? "empty" : "not empty")}, "
        + $"{Gateways.Sum(static gateway => gateway.Board.Running)} runs, {Gateways.Count(static gateway => !gateway.IsIdle)} gateways with steps to do, "
        + $"held: {string.Join(", ", Ledgers().SelectMany(ledger => Registry.Channel(ledger).Reservations.Keys).Take(5))}; "
        + $"held by nodes: {string.Join(", ", Nodes.SelectMany(static node => node.Books.State.Reservations.Keys).Take(5))}; "
        + $"not quiet: {string.Join(", ", _parts.Where(static part => !part.IsQuiet).Select(static part => part.GetType().Name))}";

    internal void CheckQuiet()
    {
        QuietChecks.Check(this);
        _parts.ForEach(static part => part.CheckQuiet());
    }

    private IEnumerable<string> Ledgers() =>
        Clients.Select(static client => Names.ClientLedger(client.Number)).Concat(Nodes.Select(static node => Names.NodeLedger(node.Number)));
}
