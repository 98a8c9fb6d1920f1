using System.Globalization;
using System.Text;

namespace Ncn.Hosting.Metrics;

/// <summary>All series of one name. Instruments of the same name and kind, from several meters, share it.</summary>
/// <remarks>
/// At most <see cref="MaxSeries"/> sets of labels are told apart; all further ones are counted in one series with the label
/// <c>otel_metric_overflow</c>, as OpenTelemetry's SDKs do: a caller can invent labels, and memory is finite.
/// </remarks>
/// <param name="isSet">True when a measurement is the value, false when it is a change of it.</param>
internal sealed class MetricFamily(string name, PrometheusKind kind, string help, double[] bounds, bool isObserved, bool isSet)
{
    /// <summary>Most series in one family, the overflow's not counted.</summary>
    public const int MaxSeries = 200;

    private const int MaxValueLength = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, MetricSeries> _byLabels = new(StringComparer.Ordinal);
    private readonly MetricSeries _overflow = new("otel_metric_overflow=\"true\"", bounds);
    private Known[] _known = [];

    public string Name { get; } = name;

    public PrometheusKind Kind { get; } = kind;

    public string Help { get; } = help;

    public double[] Bounds { get; } = bounds;

    /// <summary>True when the values are asked for at each collection, not told as they change.</summary>
    public bool IsObserved { get; } = isObserved;

    /// <summary>Takes a measurement. Tags that were seen before cost no memory.</summary>
    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Find(tags);
        if (Kind == PrometheusKind.Histogram)
        {
            series.Record(value);
        }
        else if (isSet)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    /// <summary>Before values are observed.</summary>
    public void Clear()
    {
        foreach (var series in All())
        {
            series.Clear();
        }
    }

    /// <summary>The series that have measurements, by their labels.</summary>
    public IReadOnlyList<(string Labels, double Value, long Count, long[] Buckets)> Read() =>
    [
        .. from series in All()
           let read = series.Read()
           where read.Count > 0
           orderby series.Labels
           select (series.Labels, read.Value, read.Count, read.Buckets),
    ];

    private MetricSeries[] All()
    {
        lock (_gate)
        {
            return [.. _byLabels.Values, _overflow];
        }
    }

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var known in Volatile.Read(ref _known))
        {
            if (known.Is(tags))
            {
                return known.Series;
            }
        }

        lock (_gate)
        {
            return Learn(tags);
        }
    }

    // The same tags in another order are the same labels; each order that comes is remembered, within the limit.
    private MetricSeries Learn(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelsOf(tags);
        if (!_byLabels.TryGetValue(labels, out var series))
        {
            if (_byLabels.Count >= MaxSeries)
            {
                return _overflow;
            }

            series = _byLabels[labels] = new MetricSeries(labels, Bounds);
        }

        if (_known.Length < MaxSeries)
        {
            _known = [.. _known, new Known(tags.ToArray(), series)];
        }

        return series;
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            var name = PrometheusName.OfLabel(tag.Key);
            var value = Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? string.Empty;
            labels[name] = labels.TryGetValue(name, out var before) ? $"{before};{value}" : value;
        }

        return string.Join(',', labels.Select(static label => $"{label.Key}=\"{Escaped(label.Value)}\""));
    }

    private static string Escaped(string value)
    {
        var escaped = new StringBuilder(value.Length > MaxValueLength ? value[..MaxValueLength] : value);
        return escaped.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n").ToString();
    }

    private sealed record Known(KeyValuePair<string, object?>[] Tags, MetricSeries Series)
    {
        public bool Is(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length != Tags.Length)
            {
                return false;
            }

            for (var i = 0; i < tags.Length; i++)
            {
                if (tags[i].Key != Tags[i].Key || !Equals(tags[i].Value, Tags[i].Value))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
