namespace Ncn.Hosting.Metrics;

/// <summary>The numbers of one set of labels. Safe for concurrent use.</summary>
/// <param name="labels">As they stand in the text, without braces: <c>a="1",b="2"</c>; empty for none.</param>
/// <param name="bounds">Upper bounds of a histogram's buckets, rising; empty for counters and gauges.</param>
internal sealed class MetricSeries(string labels, double[] bounds)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private double _value;
    private long _count;

    public string Labels { get; } = labels;

    /// <summary>A counter's or a gauge's change.</summary>
    public void Add(double change)
    {
        lock (_gate)
        {
            _value += change;
            _count++;
        }
    }

    /// <summary>A gauge's value, or an observed counter's total.</summary>
    public void Set(double value)
    {
        lock (_gate)
        {
            _value = value;
            _count++;
        }
    }

    /// <summary>A histogram's measurement.</summary>
    public void Record(double value)
    {
        var bucket = Array.BinarySearch(bounds, value);
        lock (_gate)
        {
            _buckets[bucket >= 0 ? bucket : ~bucket]++;
            _value += value;
            _count++;
        }
    }

    /// <summary>Forgets an observed value before the next observation, so that what is observed no more is told no more.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _count = 0;
        }
    }

    /// <summary>Value or sum, number of measurements, and measurements by bucket.</summary>
    public (double Value, long Count, long[] Buckets) Read()
    {
        lock (_gate)
        {
            return (_value, _count, [.. _buckets]);
        }
    }
}
