namespace Ncn.Inference.Generation;

/// <summary>
/// Chooses tokens from logits. Pure: a token is a function of (logits, options, position), so any node can check or
/// continue a generation.
/// </summary>
/// <remarks>
/// 1. Temperature 0: the likeliest token, the lowest id among equals.
/// 2. Otherwise divide by the temperature and take probabilities (softmax in double precision).
/// 3. Order by probability, the lower id first among equals; keep the first <c>TopK</c>.
/// 4. Of these, keep the shortest beginning whose share of their sum reaches <c>TopP</c>.
/// 5. Draw from what is kept with <see cref="CounterRandom"/>.
/// </remarks>
public static class Sampler
{
    /// <summary>The token at <paramref name="position"/> of the completion.</summary>
    /// <exception cref="ArgumentException">No logit is a finite number: the model is broken.</exception>
    public static int Next(ReadOnlySpan<float> logits, SamplingOptions options, uint position)
    {
        ArgumentNullException.ThrowIfNull(options);
        int best = Likeliest(logits);
        if (options.Temperature == 0 || options.TopK == 1)
        {
            return best; // 1
        }

        double unit = CounterRandom.Unit(options.Seed, position);
        double[] weights = Weights(logits, logits[best], options.Temperature); // 2
        return options.TopK == 0 && options.TopP >= 1 ? DrawInIdOrder(weights, unit) : DrawTruncated(weights, options, unit);
    }

    /// <summary>The id of the greatest logit, the lowest id among equals; logits that are not numbers never win.</summary>
    public static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = -1;
        for (int id = 0; id < logits.Length; id++)
        {
            if (float.IsFinite(logits[id]) && (best < 0 || logits[id] > logits[best]))
            {
                best = id;
            }
        }

        return best >= 0 ? best : throw new ArgumentException("The model gave no finite logit, so no token can be chosen.", nameof(logits));
    }

    private static double[] Weights(ReadOnlySpan<float> logits, float greatest, double temperature)
    {
        var weights = new double[logits.Length];
        for (int id = 0; id < logits.Length; id++)
        {
            weights[id] = float.IsFinite(logits[id]) ? Math.Exp((logits[id] - (double)greatest) / temperature) : 0;
        }

        return weights;
    }

    private static int DrawInIdOrder(double[] weights, double unit)
    {
        double target = unit * weights.Sum();
        int last = 0;
        for (int id = 0; id < weights.Length; id++)
        {
            if (weights[id] > 0)
            {
                last = id;
                target -= weights[id];
                if (target < 0)
                {
                    break;
                }
            }
        }

        return last;
    }

    private static int DrawTruncated(double[] weights, SamplingOptions options, double unit)
    {
        int[] ids = Ordered(weights, options); // 3
        double kept = 0;
        foreach (int id in ids)
        {
            kept += weights[id];
        }

        (int count, double nucleus) = Nucleus(ids, weights, options.TopP * kept); // 4
        double target = unit * nucleus; // 5
        for (int i = 0; i < count - 1; i++)
        {
            target -= weights[ids[i]];
            if (target < 0)
            {
                return ids[i];
            }
        }

        return ids[count - 1];
    }

    private static int[] Ordered(double[] weights, SamplingOptions options)
    {
        int[] ids = Enumerable.Range(0, weights.Length).Where(id => weights[id] > 0).ToArray();
        Array.Sort(ids, (left, right) => weights[left] != weights[right] ? weights[right].CompareTo(weights[left]) : left.CompareTo(right));
        return options.TopK == 0 || options.TopK >= ids.Length ? ids : ids[..options.TopK];
    }

    private static (int Count, double Sum) Nucleus(int[] ids, double[] weights, double wanted)
    {
        double sum = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            sum += weights[ids[i]];
            if (sum >= wanted)
            {
                return (i + 1, sum);
            }
        }

        return (ids.Length, sum);
    }
}
