using Ncn.Protocol;

namespace Ncn.Cli.Validators;

/// <summary>What validators with more than two thirds of the stake say of a node or a gateway; no single one is believed.</summary>
/// <remarks>Validators answer at slightly different heights, so they are compared entry by entry.</remarks>
/// <param name="stakes">By consensus key: the set of the open epoch.</param>
internal sealed class StandingQuorum(IReadOnlyDictionary<Address, UInt128> stakes, Eip712Domain domain)
{
    private readonly UInt128 total = stakes.Values.Aggregate(UInt128.Zero, static (sum, stake) => sum + stake);

    /// <summary>Whether a validator of the set signed it.</summary>
    public bool IsAuthentic(LedgerStanding standing) => ProblemOf(standing) is null;

    /// <summary>Why a validator's word does not count; null when it does.</summary>
    public string? ProblemOf(LedgerStanding standing) =>
        !stakes.ContainsKey(standing.Validator) ? $"its key {standing.Validator} does not vote in the open epoch"
        : !standing.IsAuthentic(domain) ? "its word is not signed by its key"
        : null;

    /// <summary>By ascending address.</summary>
    public IReadOnlyList<NodeStanding> Nodes(IEnumerable<LedgerStanding> standings) => Agreed(standings, static standing => standing.Nodes, static node => node.Node, static node => node.StructHash());

    /// <summary>By ascending address.</summary>
    public IReadOnlyList<GatewayStanding> Gateways(IEnumerable<LedgerStanding> standings) =>
        Agreed(standings, static standing => standing.Gateways, static gateway => gateway.Gateway, static gateway => gateway.StructHash());

    private IReadOnlyList<T> Agreed<T>(IEnumerable<LedgerStanding> standings, Func<LedgerStanding, IReadOnlyList<T>> entries, Func<T, Address> who, Func<T, Hash32> content)
    {
        // A validator that answers at two addresses has one voice.
        var voices = standings.Where(IsAuthentic).DistinctBy(static standing => standing.Validator);
        return [.. voices.SelectMany(standing => entries(standing).DistinctBy(who).Select(entry => (Entry: entry, Stake: stakes[standing.Validator])))
            .GroupBy(said => content(said.Entry))
            .Where(group => 3 * group.Aggregate(UInt128.Zero, static (sum, said) => sum + said.Stake) > 2 * total)
            .Select(static group => group.First().Entry).OrderBy(who)];
    }
}
