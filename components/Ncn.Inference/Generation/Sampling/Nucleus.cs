namespace Ncn.Inference.Generation.Sampling;

/// <summary>Finds where top-p cuts the whole vocabulary off without sorting it: buckets first, then the order within one bucket.</summary>
internal static class Nucleus
{
    /// <summary>Buckets of an eighth of a nat each; the last one takes all that is less likely than exp(-64) times the likeliest.</summary>
    public const int Buckets = 512;

    private const double BucketsPerNat = 8;

    /// <summary>Sets the weights of all tokens to 0 that come after the share <paramref name="topP"/> of <paramref name="total"/> is reached.</summary>
    /// <remarks>A bucket's number follows the logit, never the rounded weight, so buckets and the order of logits cannot disagree.</remarks>
    public static void Cut(ReadOnlySpan<float> logits, float greatest, double temperature, double topP, double total, Span<double> weights, SamplingWorkspace workspace)
    {
        double scale = BucketsPerNat / temperature;
        double wanted = topP * total;
        (int bucket, double before) = Crossing(logits, weights, greatest, scale, wanted, workspace.Buckets);
        int count = Members(logits, weights, greatest, scale, bucket, workspace.Keys);
        ulong last = LastKept(weights, workspace.Keys.AsSpan(0, count), before, wanted);
        for (int id = 0; id < logits.Length; id++)
        {
            if (weights[id] > 0 && LogitOrder.Key(logits[id], id) > last)
            {
                weights[id] = 0;
            }
        }
    }

    private static (int Bucket, double Before) Crossing(
        ReadOnlySpan<float> logits, ReadOnlySpan<double> weights, float greatest, double scale, double wanted, double[] buckets)
    {
        Array.Clear(buckets);
        for (int id = 0; id < logits.Length; id++)
        {
            if (weights[id] > 0)
            {
                buckets[Bucket(logits[id], greatest, scale)] += weights[id];
            }
        }

        double before = 0;
        int bucket = 0;
        for (; bucket < Buckets - 1 && before + buckets[bucket] < wanted; bucket++)
        {
            before += buckets[bucket];
        }

        return (bucket, before);
    }

    private static int Members(ReadOnlySpan<float> logits, ReadOnlySpan<double> weights, float greatest, double scale, int bucket, ulong[] keys)
    {
        int count = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            if (weights[id] > 0 && Bucket(logits[id], greatest, scale) == bucket)
            {
                keys[count++] = LogitOrder.Key(logits[id], id);
            }
        }

        keys.AsSpan(0, count).Sort();
        return count;
    }

    private static ulong LastKept(ReadOnlySpan<double> weights, ReadOnlySpan<ulong> keys, double before, double wanted)
    {
        double sum = before;
        foreach (ulong key in keys)
        {
            sum += weights[LogitOrder.Id(key)];
            if (sum >= wanted)
            {
                return key;
            }
        }

        return keys.IsEmpty ? ulong.MaxValue : keys[^1];
    }

    private static int Bucket(float logit, float greatest, double scale) =>
        (int)Math.Min(((double)greatest - logit) * scale, Buckets - 1);
}
