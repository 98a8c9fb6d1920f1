using System.Globalization;

namespace Ncn.Benchmarks.Reporting;

/// <summary>What a ratio has to be.</summary>
/// <param name="Bound">The limit.</param>
/// <param name="AtLeast">True: at least the limit; false: at most.</param>
internal sealed record Goal(double Bound, bool AtLeast)
{
    public static Goal Least(double bound) => new(bound, true);

    public static Goal Most(double bound) => new(bound, false);

    public bool IsMetBy(double ratio) => AtLeast ? ratio >= Bound : ratio <= Bound;

    public override string ToString() => (AtLeast ? "≥ " : "≤ ") + Bound.ToString("0.##", CultureInfo.InvariantCulture);
}

/// <summary>One comparison: our figure, the peer's, and the ratio of the two round by round.</summary>
/// <param name="Metric">What is compared, with its unit.</param>
/// <param name="Peer">What ours is divided by.</param>
/// <param name="Ours">Ours over all rounds.</param>
/// <param name="Theirs">The peer's over all rounds.</param>
/// <param name="Ratio">Ours ÷ theirs within each round.</param>
/// <param name="Goal">What the median ratio has to be; null where the row only informs.</param>
internal sealed record BenchmarkRow(string Metric, string Peer, Spread Ours, Spread Theirs, Spread Ratio, Goal? Goal)
{
    public bool? GoalMet => Goal?.IsMetBy(Ratio.Median);

    public static BenchmarkRow Of(string metric, string peer, IReadOnlyList<double> ours, IReadOnlyList<double> theirs, Goal? goal) =>
        new(metric, peer, Spread.Of(ours), Spread.Of(theirs), Spread.Of(ours.Zip(theirs, (our, their) => our / their)), goal);

    public string Verdict => GoalMet switch { true => "goal met", false => "goal missed", null => "" };
}
