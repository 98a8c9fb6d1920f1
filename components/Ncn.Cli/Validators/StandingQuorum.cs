using System.Collections.Immutable;
using Ncn.Coordination.Standings;
using Ncn.Protocol;

namespace Ncn.Cli.Validators;

/// <summary>What validators with more than two thirds of the stake say; no single one is believed.</summary>
/// <param name="set">Stake by consensus key: the set of the open epoch.</param>
internal sealed class StandingQuorum(ImmutableSortedDictionary<Address, UInt128> set, Eip712Domain domain)
{
    /// <summary>Why a validator's word does not count; null when it does.</summary>
    public string? ProblemOf(LedgerStanding standing) =>
        !set.ContainsKey(standing.Validator) ? $"its key {standing.Validator} does not vote in the open epoch"
        : !StandingAgreement.IsWellFormed(standing) || !standing.IsAuthentic(domain) ? "its word is not signed by its key"
        : null;

    /// <summary>How nodes stand, by ascending address.</summary>
    public IReadOnlyList<NodeStanding> Nodes(IEnumerable<LedgerStanding> standings) => [.. standings.Where(standing => ProblemOf(standing) is null)
        .Aggregate(StandingState.Empty, (state, standing) => StandingAgreement.Apply(state, new StandingInput.Heard(standing, set)).State).Believed.Nodes.Values];
}
