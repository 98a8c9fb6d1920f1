namespace Ncn.Attacks.Honest;

/// <summary>Counts of sizes, by the power of two that they do not exceed. In 1/1,048,576 nat.</summary>
internal sealed class Histogram
{
    private readonly SortedDictionary<long, long> _counts = [];

    /// <summary>The largest size.</summary>
    public long Largest { get; private set; }

    /// <summary>How many were counted.</summary>
    public long Total => _counts.Values.Sum();

    /// <summary>How many were not 0.</summary>
    public long NotZero => Total - _counts.GetValueOrDefault(0);

    /// <summary>Upper ends and counts; 0 is a class of its own.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts.ToDictionary(pair => pair.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), pair => pair.Value);

    public void Add(long size)
    {
        long end = size == 0 ? 0 : (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)size);
        _counts[end] = _counts.GetValueOrDefault(end) + 1;
        Largest = Math.Max(Largest, size);
    }

    public void Add(Histogram other)
    {
        foreach ((long end, long count) in other._counts)
        {
            _counts[end] = _counts.GetValueOrDefault(end) + count;
        }

        Largest = Math.Max(Largest, other.Largest);
    }
}
