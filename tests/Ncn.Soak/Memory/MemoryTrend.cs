using System.Globalization;

namespace Ncn.Soak.Memory;

/// <summary>
/// How a figure developed: Theil and Sen's line, the median of the slopes between all pairs of samples, which single peaks do not move.
/// </summary>
/// <param name="What">What is watched.</param>
/// <param name="StartMib">The median of the first quarter of the samples.</param>
/// <param name="GrowthMib">The line's rise over the time that was watched.</param>
/// <param name="AllowedMib">5 % of the start, or a floor for small figures, whichever is more.</param>
/// <param name="Samples">How many samples there were.</param>
internal sealed record MemoryTrend(string What, double StartMib, double GrowthMib, double AllowedMib, int Samples)
{
    private const double AllowedShare = 0.05;

    /// <summary>Fewer samples make no line.</summary>
    public const int FewestSamples = 8;

    public bool IsSteady => Samples >= FewestSamples && GrowthMib <= AllowedMib;

    /// <param name="what">What is watched.</param>
    /// <param name="samples">Seconds and MiB, in the order of time.</param>
    /// <param name="floorMib">Growth that is always allowed.</param>
    public static MemoryTrend Of(string what, IReadOnlyList<(double Seconds, double Mib)> samples, double floorMib)
    {
        if (samples.Count < FewestSamples)
        {
            return new MemoryTrend(what, 0, 0, 0, samples.Count);
        }

        double start = Median(samples.Take(samples.Count / 4).Select(sample => sample.Mib));
        double slope = Median(from first in Enumerable.Range(0, samples.Count)
                              from second in Enumerable.Range(first + 1, samples.Count - first - 1)
                              select (samples[second].Mib - samples[first].Mib) / (samples[second].Seconds - samples[first].Seconds));
        double growth = slope * (samples[^1].Seconds - samples[0].Seconds);
        return new MemoryTrend(what, start, growth, Math.Max(floorMib, start * AllowedShare), samples.Count);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{What}: {StartMib:0.0} MiB, {GrowthMib:+0.0;-0.0;0.0} MiB over {Samples} samples, at most {AllowedMib:0.0} allowed");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
