using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>A receipt as it is, whatever is said of it.</summary>
/// <param name="IsFalse">The node did not do what it says.</param>
/// <param name="IsShown">The gateway shows its evidence.</param>
internal sealed record TrueReceipt(ReceiptLeaf Leaf, bool IsFalse, bool IsShown);

/// <summary>The list of a gateway's period.</summary>
internal sealed record TrueList(Address Gateway, ulong Period, ImmutableArray<TrueReceipt> Receipts, bool IsShown)
{
    internal IReadOnlyList<ReceiptLeaf> Leaves { get; } = [.. Receipts.Select(static receipt => receipt.Leaf)];
}

/// <summary>What is true of the work that validators check: nodes some of which cheat, gateways some of which withhold evidence, and what was paid.</summary>
internal sealed class WorkWorld(World world)
{
    private const int Nodes = 5;
    private const int Gateways = 3;
    private const ulong Fee = 400;
    private readonly Dictionary<(Address, ulong), TrueList> _lists = [];
    private readonly List<FundEntry> _funds = [];

    internal VerificationPlace Place { get; } = new(Names.Subnet, Names.Node(4_999));

    /// <summary>Everything that was paid, with when; entry i is block i + 1 of the chain.</summary>
    internal IReadOnlyList<FundEntry> Funds => _funds;

    internal static IEnumerable<Address> AllNodes => Enumerable.Range(0, Nodes).Select(NodeOf);

    internal static IEnumerable<Address> AllGateways => Enumerable.Range(0, Gateways).Select(GatewayOf);

    internal static Address NodeOf(int number) => Names.Node(5_000 + number);

    internal static Address GatewayOf(int number) => Names.Node(6_000 + number);

    /// <summary>Of a node: how many of its answers are false, in a hundred; two never cheat.</summary>
    internal ulong CheatsOf(Address node) => (Names.NumberOf(node) - 5_000) switch
    {
        0 or 1 => 0,
        2 => 25,
        3 => 50,
        _ => Mix.Of(world.Seed, 61) % 2 == 0 ? 0UL : 100,
    };

    internal bool IsHonest(Address who) => Names.NumberOf(who) >= 6_000 ? who != Withholder : CheatsOf(who) == 0;

    /// <summary>The gateway that withholds some of its evidence; zero for none.</summary>
    internal Address Withholder => Mix.Of(world.Seed, 62) % 2 == 0 ? GatewayOf(Gateways - 1) : default;

    internal TrueList? Find(Address gateway, ulong period) => _lists.GetValueOrDefault((gateway, period));

    /// <summary>A gateway's period is over: its list, made once. Nodes that are out get no work.</summary>
    internal TrueList Make(Address gateway, ulong period, Func<Address, bool> isOut)
    {
        if (_lists.TryGetValue((gateway, period), out var known))
        {
            return known;
        }

        var nodes = AllNodes.Where(node => !isOut(node)).ToArray();
        var count = nodes.Length == 0 ? 0 : 1 + (int)world.Below(4);
        var isHidden = gateway == Withholder && world.Below(12) == 0;
        var receipts = Enumerable.Range(0, count).Select(at =>
        {
            var node = nodes[(int)world.Below((ulong)nodes.Length)];
            var leaf = new ReceiptLeaf(node, Names.Content(world.Draw()), new TokenAmount(10 + world.Below(90)));
            return new TrueReceipt(leaf, world.Below(100) < CheatsOf(node), gateway != Withholder || world.Below(3) > 0);
        });
        var list = new TrueList(gateway, period, [.. receipts], !isHidden);
        if (count > 0)
        {
            _funds.Add(new FundEntry((byte)FundKind.Fee, Wide(gateway), new TokenAmount(Fee)));
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

        if (list is not { IsShown: true } || item.Index >= list.Receipts.Length)
        {
            return Finding.Lost;
        }

        var receipt = list.Receipts[(int)item.Index];
        return (receipt.IsShown, receipt.IsFalse) switch
        {
            (true, false) => Finding.Passed,
            (true, true) => Finding.Failed,
            (false, false) => Finding.Withheld,
            _ => Finding.Lost,
        };
    }

    /// <summary>Fees that came after a block of the chain.</summary>
    internal Operation.ObserveFunds? FundsAfter(ulong seen) => (ulong)_funds.Count <= seen ? null
        : new Operation.ObserveFunds((ulong)_funds.Count, [.. _funds.Skip((int)seen).Take(Operation.ObserveFunds.MostEntries)]);

    /// <summary>Whether these are the payments between two blocks of the chain.</summary>
    internal bool AreFunds(Operation.ObserveFunds observed, ulong seen) =>
        observed.ChainNumber <= (ulong)_funds.Count && observed.ChainNumber > seen && observed.Entries.SequenceEqual(_funds.Skip((int)seen).Take((int)(observed.ChainNumber - seen)));

    private static Hash32 Wide(Address address)
    {
        Span<byte> bytes = stackalloc byte[Hash32.Size];
        address.CopyTo(bytes[(Hash32.Size - Address.Size)..]);
        return new Hash32(bytes);
    }
}
