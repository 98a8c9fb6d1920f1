using System.Diagnostics.Metrics;
using System.Text;

namespace Ncn.Hosting.Metrics;

/// <summary>Names as Prometheus spells them, after OpenTelemetry's rules for its Prometheus exporters.</summary>
/// <remarks>
/// Source: OpenTelemetry specification, compatibility/prometheus_and_openmetrics, "Metric Metadata" and "Metric Attributes". 1. Characters
/// outside [a-zA-Z0-9_] become '_', several '_' become one, and a leading digit gets a '_'. 2. The unit is spelt out and put at the end
/// unless it is there: s seconds, ms milliseconds, By bytes, 1 ratio (gauges only); annotations in braces are dropped. 3. Counters end in
/// _total.
/// </remarks>
internal static class PrometheusName
{
    /// <summary>The family's name of an instrument.</summary>
    public static string Of(Instrument instrument, PrometheusKind kind)
    {
        var name = Clean(instrument.Name);
        if (UnitOf(instrument.Unit, kind) is { } unit && !name.EndsWith("_" + unit, StringComparison.Ordinal))
        {
            name = Clean($"{name}_{unit}");
        }

        return kind == PrometheusKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    /// <summary>A label's name; <c>le</c> belongs to a histogram's buckets.</summary>
    public static string OfLabel(string key) => Clean(key) is var name && name == "le" ? "exported_le" : name;

    private static string Clean(string name)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (var character in name)
        {
            var kept = char.IsAsciiLetterOrDigit(character) ? character : '_';
            if (kept != '_' || clean.Length == 0 || clean[^1] != '_')
            {
                clean.Append(kept);
            }
        }

        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? clean.Insert(0, '_').ToString() : clean.ToString();
    }

    private static string? UnitOf(string? unit, PrometheusKind kind) => unit switch
    {
        null or "" => null,
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "1" => kind == PrometheusKind.Gauge ? "ratio" : null,
        _ when unit[0] == '{' => null,
        _ => Clean(unit),
    };
}

/// <summary>What Prometheus calls the type of a family.</summary>
internal enum PrometheusKind
{
    Counter,
    Gauge,
    Histogram,
}
