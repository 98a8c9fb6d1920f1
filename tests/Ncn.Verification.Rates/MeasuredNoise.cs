using System.Globalization;
using System.Text.Json;

namespace Ncn.Verification.Rates;

/// <summary>What was measured of honest answers of one model on one pair of execution providers.</summary>
/// <param name="Name">Model and pair.</param>
/// <param name="Answers">How many were checked.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="Chance">That an honest answer fails, with what lies beyond the measured taken from the tail; see <see cref="ChanceOf"/>.</param>
internal sealed record MeasuredNoise(string Name, long Answers, long Failed, double Chance)
{
    private const long Safety = 8;
    private const long LeastAllowed = 1_024;

    /// <summary>What was directly measured.</summary>
    internal Interval Direct => new(Failed, Answers);

    /// <summary>All files of a folder.</summary>
    internal static IReadOnlyList<MeasuredNoise> ReadAll(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(file => Read(File.ReadAllText(file)))]
        : [];

    /// <summary>One file, as <c>tests/Ncn.Attacks</c> writes it.</summary>
    internal static MeasuredNoise Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var runs = root.GetProperty("runs").EnumerateArray().ToArray();
        var failures = root.GetProperty("falseFailures");
        return new MeasuredNoise(
            $"{root.GetProperty("model").GetString()}, {root.GetProperty("pair").GetString()}",
            failures.GetProperty("answers").GetInt64(), failures.GetProperty("failed").GetInt64(), ChanceOf(runs));
    }

    /// <summary>
    /// An honest answer fails when a distance or a margin is above eight times the largest that was measured, or when more tokens need explaining than
    /// are allowed. The first two are read off the measured tail, the third from the share of such tokens, at its upper bound.
    /// </summary>
    private static double ChanceOf(IReadOnlyList<JsonElement> runs)
    {
        var answers = runs.Sum(static run => run.GetProperty("answers").GetInt64());
        var tokens = runs.Sum(static run => run.GetProperty("tokens").GetInt64());
        var otherwise = new Interval(runs.Sum(static run => run.GetProperty("drawnOtherwise").GetInt64()), tokens).Most;
        var perAnswer = (double)tokens / Math.Max(answers, 1);
        var ofDistances = Beyond(Merged(runs, "distances"));
        var ofMargins = Beyond(Merged(runs, "margins"));
        return Math.Min(1, ((ofDistances + ofMargins) / Math.Max(answers, 1)) + MoreThan(Allowed(perAnswer, otherwise), perAnswer * otherwise));
    }

    // As TextTolerance.DoubtsIn: one, and the share of them that was allowed for, rounded up.
    private static int Allowed(double tokens, double otherwise) => 1 + (int)Math.Ceiling(tokens * otherwise);

    private static SortedDictionary<long, long> Merged(IReadOnlyList<JsonElement> runs, string member)
    {
        var counts = new SortedDictionary<long, long>();
        foreach (var entry in runs.SelectMany(run => run.GetProperty(member).EnumerateObject()))
        {
            var end = long.Parse(entry.Name, CultureInfo.InvariantCulture);
            counts[end] = counts.GetValueOrDefault(end) + entry.Value.GetInt64();
        }

        return counts;
    }

    // How many of all that were measured would lie beyond what is allowed: above the most common size, sizes are taken to fall off exponentially, at
    // their mean excess (by the classes' upper ends) and two standard errors more.
    private static double Beyond(SortedDictionary<long, long> counts)
    {
        var sizes = counts.Where(static entry => entry.Key > 0 && entry.Value > 0).ToArray();
        if (sizes.Length == 0)
        {
            return 0;
        }

        var (largest, common) = (sizes[^1].Key, sizes.MaxBy(static entry => entry.Value).Key);
        var tail = sizes.Where(entry => entry.Key >= common).ToArray();
        var above = (double)tail.Sum(static entry => entry.Value);
        var excess = tail.Sum(entry => (entry.Key - (common / 2.0)) * entry.Value) / above * (1 + (2 / Math.Sqrt(above)));
        return above * Math.Exp(-(Math.Max(LeastAllowed, Safety * largest) - (common / 2.0)) / excess);
    }

    // Poisson's chance of more than so many.
    private static double MoreThan(int most, double mean)
    {
        var (term, sum) = (Math.Exp(-mean) * Math.Pow(mean, most + 1) / Enumerable.Range(1, most + 1).Aggregate(1.0, static (all, k) => all * k), 0.0);
        for (var k = most + 1; k < most + 60; k++)
        {
            sum += term;
            term *= mean / (k + 1);
        }

        return sum;
    }
}
