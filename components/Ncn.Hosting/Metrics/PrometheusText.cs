using System.Globalization;
using System.Text;

namespace Ncn.Hosting.Metrics;

/// <summary>The Prometheus text exposition format, version 0.0.4.</summary>
/// <remarks>Source: prometheus.io, "Exposition formats": HELP and TYPE once for each family, then its samples, each on a line that ends in a line feed.</remarks>
internal static class PrometheusText
{
    /// <summary>For the header Content-Type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families.OrderBy(static family => family.Name, StringComparer.Ordinal))
        {
            Write(text, family);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, MetricFamily family)
    {
        var all = family.Read();
        if (all.Count == 0)
        {
            return;
        }

        if (family.Help.Length > 0)
        {
            text.Append("# HELP ").Append(family.Name).Append(' ')
                .Append(family.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        }

        text.Append("# TYPE ").Append(family.Name).Append(' ').Append(TypeOf(family.Kind)).Append('\n');
        foreach (var (labels, value, count, buckets) in all)
        {
            if (family.Kind == PrometheusKind.Histogram)
            {
                WriteHistogram(text, family, labels, value, count, buckets);
            }
            else
            {
                Sample(text, family.Name, labels, Number(value));
            }
        }
    }

    private static void WriteHistogram(StringBuilder text, MetricFamily family, string labels, double sum, long count, long[] buckets)
    {
        long below = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            below += buckets[i];
            var bound = i < family.Bounds.Length ? family.Bounds[i] : double.PositiveInfinity;
            var separator = labels.Length > 0 ? "," : string.Empty;
            Sample(text, family.Name + "_bucket", $"{labels}{separator}le=\"{Number(bound)}\"", below.ToString(CultureInfo.InvariantCulture));
        }

        Sample(text, family.Name + "_sum", labels, Number(sum));
        Sample(text, family.Name + "_count", labels, count.ToString(CultureInfo.InvariantCulture));
    }

    private static void Sample(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private static string TypeOf(PrometheusKind kind) => kind switch
    {
        PrometheusKind.Counter => "counter",
        PrometheusKind.Gauge => "gauge",
        _ => "histogram",
    };

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
