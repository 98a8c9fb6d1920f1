namespace Ncn.Coordination.Subnets;

/// <summary>What the gateways together think of a member's word about its free slots.</summary>
public static class Judgements
{
    private const int MaxNameChars = 64;

    /// <summary>The mean of the gateways' scores that are young enough, permille; 1,000 when nobody complained.</summary>
    public static uint ScoreOf(NodeLoad load, ulong now, SubnetLimits limits)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(limits);
        var (sum, count) = (0UL, 0UL);
        foreach (var score in load.Scores.Values)
        {
            if (score.At + limits.JudgementMilliseconds >= now)
            {
                (sum, count) = (sum + score.Permille, count + 1);
            }
        }

        return count == 0 ? CapacityScore.Full : (uint)(sum / count);
    }

    internal static SubnetState Judge(SubnetState state, SubnetInput.Judge input, SubnetLimits limits)
    {
        if (input.Gateway is not { Length: > 0 and <= MaxNameChars } || !state.Loads.TryGetValue(input.Node, out var load))
        {
            return state;
        }

        var scores = load.Scores.SetItem(input.Gateway, new CapacityScore(Math.Min(input.Score, CapacityScore.Full), input.Now));
        var bounded = scores.Count <= limits.MaxJudges ? scores : scores.Remove(scores.MinBy(static entry => entry.Value.At).Key);
        return state with { Loads = state.Loads.SetItem(input.Node, load with { Scores = bounded }) };
    }
}
