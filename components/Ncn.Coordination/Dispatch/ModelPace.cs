using System.Collections.Immutable;
using System.Numerics;

namespace Ncn.Coordination.Dispatch;

/// <summary>How long a model's first token takes over all nodes: a histogram with four buckets for each doubling, that forgets by halves.</summary>
/// <param name="Total">Samples in it.</param>
public sealed record ModelPace(ImmutableArray<uint> Buckets, uint Total)
{
    private const int Count = 88;
    private const uint Memory = 512;

    /// <summary>No sample.</summary>
    public static ModelPace Empty { get; } = new([.. new uint[Count]], 0);

    /// <summary>The time within which this share of first tokens came, milliseconds, rounded up to its bucket's end; 0 without samples.</summary>
    public ulong Percentile(uint percent)
    {
        var wanted = (((ulong)Total * percent) + 99) / 100;
        ulong seen = 0;
        for (var bucket = 0; bucket < Count && Total > 0; bucket++)
        {
            seen += Buckets[bucket];
            if (seen >= wanted)
            {
                return End(bucket);
            }
        }

        return 0;
    }

    internal ModelPace Add(ulong milliseconds)
    {
        var bucket = BucketOf(milliseconds);
        if (Total < Memory)
        {
            return new ModelPace(Buckets.SetItem(bucket, Buckets[bucket] + 1), Total + 1);
        }

        var halved = Buckets.Select(static count => count / 2).ToArray();
        halved[bucket]++;
        return new ModelPace([.. halved], (uint)halved.Sum(static count => count));
    }

    // 0, 1, 2, 3, then the two bits after the leading one tell the quarter of a doubling.
    private static int BucketOf(ulong milliseconds)
    {
        if (milliseconds < 4)
        {
            return (int)milliseconds;
        }

        var log = BitOperations.Log2(milliseconds);
        return Math.Min(Count - 1, ((log - 1) * 4) + (int)((milliseconds >> (log - 2)) & 3));
    }

    private static ulong End(int bucket)
    {
        if (bucket < 4)
        {
            return (ulong)bucket;
        }

        var log = (bucket / 4) + 1;
        return ((ulong)(4 + (bucket % 4) + 1) << (log - 2)) - 1;
    }
}
