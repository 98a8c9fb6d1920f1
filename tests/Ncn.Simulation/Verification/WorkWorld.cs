using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>When the evidence of a receipt can be had.</summary>
internal enum Showing
{
    Always,

    /// <summary>The gateway keeps it to itself; the node shows it.</summary>
    ByNode,

    /// <summary>Nobody shows it until an audit is demanded: then it is in order after all.</summary>
    WhenAudited,
}

/// <summary>A receipt as it is, whatever is said of it.</summary>
/// <param name="IsFalse">The node did not do what it says.</param>
internal sealed record TrueReceipt(ReceiptLeaf Leaf, bool IsFalse, Showing Showing)
{
    /// <summary>What an honest validator finds out of it.</summary>
    internal Finding FoundIn(CaseKind kind) => (Showing, IsFalse) switch
    {
        (Showing.WhenAudited, _) => kind == CaseKind.Audit ? Finding.Passed : Finding.Lost,
        (Showing.Always, _) => IsFalse ? Finding.Failed : Finding.Passed,
        _ => IsFalse ? Finding.Lost : Finding.Withheld,
    };
}

/// <summary>The list of a gateway's period.</summary>
internal sealed record TrueList(Address Gateway, ulong Period, ImmutableArray<TrueReceipt> Receipts, bool IsShown)
{
    internal IReadOnlyList<ReceiptLeaf> Leaves { get; } = [.. Receipts.Select(static receipt => receipt.Leaf)];
}

/// <summary>What is true of the work that validators check: nodes some of which cheat, gateways some of which withhold evidence.</summary>
internal sealed class WorkWorld(World world)
{
    private const int Nodes = 6;
    private const int Gateways = 3;
    private const int FirstNode = 5_000;
    private const int FirstPlanting = 5_500;
    private const int FirstGateway = 6_000;
    private const int FirstAccount = 7_000;
    private readonly Dictionary<(Address, ulong), TrueList> _lists = [];
    private readonly Dictionary<(Address, ulong), List<TrueReceipt>> _orders = [];

    internal VerificationPlace Place { get; } = new(Names.Subnet, Names.Node(4_999));

    /// <summary>What was paid.</summary>
    internal PoolChain Pool { get; } = new();

    internal static IEnumerable<Address> AllNodes => Enumerable.Range(0, Nodes).Select(NodeOf);

    internal static IEnumerable<Address> AllGateways => Enumerable.Range(0, Gateways).Select(GatewayOf);

    internal static Address NodeOf(int number) => Names.Node(FirstNode + number);

    internal static Address GatewayOf(int number) => Names.Node(FirstGateway + number);

    /// <summary>A validator's account.</summary>
    internal static Address AccountOf(int validator) => Names.Node(FirstAccount + validator);

    /// <summary>The node that a validator has for its plants: it signs what is false, and does nothing else.</summary>
    internal static Address PlantingNodeOf(int validator) => Names.Node(FirstPlanting + validator);

    /// <summary>Of a node: how many of its answers are false, in a hundred.</summary>
    internal ulong CheatsOf(Address node) => (Names.NumberOf(node) - FirstNode) switch
    {
        2 => 25,
        3 => 50,
        4 when Mix.Of(world.Seed, 61) % 2 == 0 => 100,
        _ => 0,
    };

    internal bool IsCheating(Address node) => CheatsOf(node) > 0;

    /// <summary>Nothing may be held against it.</summary>
    internal bool IsHonest(Address who) => Names.NumberOf(who) switch
    {
        >= FirstGateway => who != Withholder,
        >= FirstPlanting => false,
        _ => !IsCheating(who) && who != Late,
    };

    /// <summary>The gateway that withholds some of its evidence; zero for none.</summary>
    internal Address Withholder => Mix.Of(world.Seed, 62) % 2 == 0 ? GatewayOf(Gateways - 1) : default;

    /// <summary>The node that does its work and has no evidence at hand when that gateway shows none; zero for none.</summary>
    internal Address Late => !Withholder.IsZero && Mix.Of(world.Seed, 63) % 2 == 0 ? NodeOf(Nodes - 1) : default;

    internal TrueList? Find(Address gateway, ulong period) => _lists.GetValueOrDefault((gateway, period));

    /// <summary>A validator has a request of its own answered; null when the gateway's period is over already.</summary>
    /// <param name="isPlant">The answer is false on purpose.</param>
    internal ReceiptLeaf? Order(Address gateway, ulong period, Address node, bool isPlant)
    {
        if (_lists.ContainsKey((gateway, period)))
        {
            return null;
        }

        var receipt = Answer(gateway, node, isPlant || world.Below(100) < CheatsOf(node));
        var orders = _orders.TryGetValue((gateway, period), out var known) ? known : _orders[(gateway, period)] = [];
        orders.Add(receipt);
        return receipt.Leaf;
    }

    /// <summary>A gateway's period is over: its list, made once. Nodes that are out get no work.</summary>
    internal TrueList Make(Address gateway, ulong period, Func<Address, bool> isOut)
    {
        if (_lists.TryGetValue((gateway, period), out var known))
        {
            return known;
        }

        var nodes = AllNodes.Where(node => !isOut(node)).ToArray();
        var count = nodes.Length == 0 ? 0 : 1 + (int)world.Below(4);
        var isLate = gateway == Withholder && nodes.Contains(Late);
        var receipts = Enumerable.Range(0, count).Select(at => at == 0 && isLate ? Late : nodes[(int)world.Below((ulong)nodes.Length)]).Select(node => Answer(gateway, node, world.Below(100) < CheatsOf(node))).ToArray();
        var list = new TrueList(gateway, period, [.. receipts, .. _orders.GetValueOrDefault((gateway, period), [])], gateway != Withholder || world.Below(12) > 0);
        if (count > 0)
        {
            Pool.PayFee(gateway);
        }

        return _lists[(gateway, period)] = list;
    }

    /// <summary>What an honest validator finds out of a case.</summary>
    internal Finding FindingOf(Case item)
    {
        var list = Find(item.Gateway, item.Period);
        if (item.Kind == CaseKind.List)
        {
            return list is { IsShown: true } ? Finding.Passed : Finding.Withheld;
        }

        var receipt = list is not { IsShown: true } ? null
            : item.Leaf is null ? list.Receipts.FirstOrDefault(receipt => receipt.Leaf.Digest == item.Audit)
            : item.Index < list.Receipts.Length ? list.Receipts[(int)item.Index] : null;
        return receipt?.FoundIn(item.Kind) ?? Finding.Lost;
    }

    /// <summary>Whether a validator could reach the gateway while verdicts on this period were owed: now and then an honest one is away, or there for some only.</summary>
    internal bool IsReached(Address gateway, ulong period, int validator)
    {
        var luck = Mix.Of(Mix.Of(world.Seed, 64), (period << 16) + (ulong)Names.NumberOf(gateway));
        return !IsHonest(gateway) || luck % 10 > 1 || (luck % 10 == 1 && (luck >> (8 + (validator % 32)) & 1) == 0);
    }

    private TrueReceipt Answer(Address gateway, Address node, bool isFalse)
    {
        var isHidden = gateway == Withholder && (world.Below(3) == 0 || node == Late);
        var leaf = new ReceiptLeaf(node, Names.Content(world.Draw()), new TokenAmount(10 + world.Below(90)));
        return new TrueReceipt(leaf, isFalse, !isHidden ? Showing.Always : node == Late ? Showing.WhenAudited : Showing.ByNode);
    }
}
