using System.Globalization;

namespace Ncn.Benchmarks.Reporting;

/// <summary>What several rounds gave: the median, with the smallest and the largest.</summary>
internal sealed record Spread(double Median, double Least, double Most)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length > 0 ? new Spread(Percentile(sorted, 0.5), sorted[0], sorted[^1]) : throw new ArgumentException("no round was measured", nameof(values));
    }

    /// <summary>The value below which this share of the values lies, between two neighbours by their distance.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share)
    {
        double at = share * (sorted.Count - 1);
        int below = (int)at;
        double above = sorted[Math.Min(below + 1, sorted.Count - 1)];
        return sorted[below] + (above - sorted[below]) * (at - below);
    }

    public override string ToString() => $"{Show(Median)} ({Show(Least)}–{Show(Most)})";

    private static string Show(double value) => value.ToString(Math.Abs(value) switch { >= 1000 => "#,0", >= 10 => "0.0", >= 0.1 => "0.00", _ => "0.0000" }, CultureInfo.InvariantCulture);
}
