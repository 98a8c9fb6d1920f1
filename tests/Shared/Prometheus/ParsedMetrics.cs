using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ncn.Tests.Prometheus;

/// <summary>A strict reader of the Prometheus text format 0.0.4: it fails on whatever a scraper may refuse.</summary>
internal sealed partial class ParsedMetrics
{
    private static readonly string[] Types = ["counter", "gauge", "histogram"];

    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);

    private ParsedMetrics()
    {
    }

    /// <summary>Type by family.</summary>
    public Dictionary<string, string> TypeOf { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> HelpOf { get; } = new(StringComparer.Ordinal);

    /// <summary>By name and labels as they stand in the text.</summary>
    public IReadOnlyDictionary<string, double> Samples => _samples;

    public double this[string sample] => Samples.TryGetValue(sample, out double value)
        ? value
        : throw new KeyNotFoundException($"{sample} is not among {string.Join(" ", Samples.Keys.Order())}");

    public static ParsedMetrics Parse(string text)
    {
        Assert.True(text.Length == 0 || text.EndsWith('\n'), "the last line must end in a line feed");
        Assert.DoesNotContain('\r', text);
        var parsed = new ParsedMetrics();
        string family = "";
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            family = line.StartsWith('#') ? parsed.Comment(line, family) : parsed.Sample(line, family);
        }

        foreach ((string name, string type) in parsed.TypeOf.Where(pair => pair.Value == "histogram"))
        {
            parsed.CheckHistogram(name);
        }

        return parsed;
    }

    private string Comment(string line, string family)
    {
        Match comment = CommentLine().Match(line);
        Assert.True(comment.Success, line);
        string name = comment.Groups["name"].Value;
        if (comment.Groups["kind"].Value == "HELP")
        {
            Assert.True(HelpOf.TryAdd(name, Unescaped(comment.Groups["rest"].Value)), $"HELP {name} comes twice");
            return name;
        }

        Assert.Contains(comment.Groups["rest"].Value, Types);
        Assert.True(TypeOf.TryAdd(name, comment.Groups["rest"].Value), $"TYPE {name} comes twice");
        Assert.True(!HelpOf.ContainsKey(name) || family == name, $"HELP and TYPE of {name} are apart");
        return name;
    }

    // All samples of a family stand together, after its TYPE.
    private string Sample(string line, string family)
    {
        Match sample = SampleLine().Match(line);
        Assert.True(sample.Success, line);
        string name = sample.Groups["name"].Value;
        string own = TypeOf[family] == "histogram" ? HistogramSuffix().Replace(name, "") : name;
        Assert.Equal(family, own);
        string value = sample.Groups["value"].Value;
        double number = value == "+Inf" ? double.PositiveInfinity : value == "-Inf" ? double.NegativeInfinity : double.Parse(value, CultureInfo.InvariantCulture);
        string labels = sample.Groups["labels"].Value;
        string[] names = [.. Label().Matches(labels).Select(label => label.Groups[1].Value)];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.True(_samples.TryAdd(name + labels, number), $"{name}{labels} comes twice");
        return family;
    }

    // Buckets rise, the last is +Inf, and holds as many as the count says.
    private void CheckHistogram(string name)
    {
        var series = Samples.Where(sample => sample.Key.StartsWith(name + "_bucket{", StringComparison.Ordinal))
            .GroupBy(sample => LastLabel().Replace(sample.Key[(name.Length + 7)..], "}").Replace("{}", "", StringComparison.Ordinal));
        foreach (var buckets in series)
        {
            double[] counts = [.. buckets.Select(bucket => bucket.Value)];
            Assert.Equal(counts.Order(), counts);
            Assert.EndsWith("le=\"+Inf\"}", buckets.Last().Key, StringComparison.Ordinal);
            Assert.Equal(this[$"{name}_count{buckets.Key}"], counts[^1]);
            Assert.True(Samples.ContainsKey($"{name}_sum{buckets.Key}"));
        }
    }

    private static string Unescaped(string help) =>
        new StringBuilder(help).Replace("\\\\", "\0").Replace("\\n", "\n").Replace("\0", "\\").ToString();

    [GeneratedRegex("^# (?<kind>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>.*)$")]
    private static partial Regex CommentLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*",?)+(?<!,)\})? (?<value>[+-]Inf|NaN|[0-9.eE+-]+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]|\\[\\"n])*"[,}]""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();

    [GeneratedRegex(""",?le="[^"]*"\}$""")]
    private static partial Regex LastLabel();
}
