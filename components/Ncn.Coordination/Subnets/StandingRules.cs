using Ncn.Protocol;

namespace Ncn.Coordination.Subnets;

/// <summary>What follows in a subnet from how the validators stand to a node.</summary>
public static class StandingRules
{
    /// <summary>Most nodes whose standing is kept; those go first that are neither members nor put out.</summary>
    public const int MaxStandings = 16_384;

    private const ulong Doubt = 8;
    private const ulong FailureWeight = 16;

    /// <summary>Whether a node gets no work: its test has failed, and its stake is taken or about to be.</summary>
    public static bool IsBarred(NodeStanding? standing) => standing is { Status: StandingStatus.Suspended or StandingStatus.Slashed };

    /// <summary>
    /// How far its record speaks for it, permille: 1,000 without a failure, less with each, and the less the fewer answers were checked.
    /// One failure among a hundred checks costs an eighth.
    /// </summary>
    public static uint ScoreOf(NodeStanding? standing)
    {
        if (standing is not { Failed: > 0 and var failed })
        {
            return CapacityScore.Full;
        }

        var weighed = (UInt128)Math.Max(standing.Checked, failed) + Doubt;
        return (uint)(CapacityScore.Full * weighed / (weighed + (FailureWeight * (UInt128)failed)));
    }

    internal static SubnetState Stand(SubnetState state, SubnetInput.Stand input)
    {
        var news = input.Nodes.Where(node => !(state.Standings.TryGetValue(node.Node, out var known) && known.StructHash() == node.StructHash())).ToArray();
        if (news.Length == 0)
        {
            return state;
        }

        var standings = state.Standings.SetItems(news.Select(static node => KeyValuePair.Create(node.Node, node)));
        var changed = news.Where(node => state.Loads.TryGetValue(node.Node, out var load) && load.IsBarred != IsBarred(node)).ToArray();
        return state with
        {
            Standings = standings.Count <= MaxStandings ? standings
                : standings.RemoveRange(standings.Values.OrderBy(node => IsBarred(node) || state.Members.ContainsKey(node.Node)).Take(standings.Count - MaxStandings).Select(static node => node.Node)),
            Loads = changed.Length == 0 ? state.Loads
                : state.Loads.SetItems(changed.Select(node => KeyValuePair.Create(node.Node, state.Loads[node.Node] with { IsBarred = IsBarred(node) }))),
        };
    }
}
