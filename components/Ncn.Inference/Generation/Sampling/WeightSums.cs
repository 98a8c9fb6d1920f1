using System.Runtime.Intrinsics;

namespace Ncn.Inference.Generation.Sampling;

/// <summary>
/// Unnormalised probabilities of all tokens, their sum, and a draw from them. A sum of doubles depends on its order, so the order is
/// fixed: blocks of 256 ids, in each eight lanes of every eighth id, then the lanes in pairs, then the blocks one after the other.
/// </summary>
internal static class WeightSums
{
    /// <summary>Ids in one block; weights are padded with zeros to whole blocks.</summary>
    public const int Block = 256;

    private const int Lanes = 8;

    /// <summary>Length of the weights of so many logits: whole blocks.</summary>
    public static int Padded(int logits) => checked((logits + Block - 1) / Block * Block);

    /// <summary>Writes exp((logit - greatest) / temperature) for each id; 0 where that is below <paramref name="least"/> or no number.</summary>
    /// <param name="weights">As long as <see cref="Padded"/> says.</param>
    public static void Fill(ReadOnlySpan<float> logits, float greatest, double temperature, double least, Span<double> weights)
    {
        if (temperature == 1 && least == 0)
        {
            FillPlain(logits, greatest, weights);
            return;
        }

        int id = 0;
        for (; id <= logits.Length - Lanes; id += Lanes)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(logits.Slice(id, Lanes)));
            Weigh(low, greatest, temperature, least).CopyTo(weights[id..]);
            Weigh(high, greatest, temperature, least).CopyTo(weights[(id + (Lanes / 2))..]);
        }

        for (; id < logits.Length; id++)
        {
            weights[id] = Weigh(logits[id], greatest, temperature, least);
        }

        weights[logits.Length..].Clear();
    }

    /// <summary>The sum of exp(logit - greatest) over all logits.</summary>
    public static double Total(ReadOnlySpan<float> logits, float greatest)
    {
        Span<double> weights = stackalloc double[Block];
        double total = 0;
        for (int start = 0; start < logits.Length; start += Block)
        {
            FillPlain(logits[start..Math.Min(start + Block, logits.Length)], greatest, weights);
            total += SumOfBlock(weights);
        }

        return total;
    }

    /// <summary>What <see cref="Fill"/> writes at temperature 1 with no least weight, without dividing by 1.</summary>
    private static void FillPlain(ReadOnlySpan<float> logits, float greatest, Span<double> weights)
    {
        Vector256<double> subtracted = Vector256.Create((double)greatest);
        int id = 0;
        for (; id <= logits.Length - Lanes; id += Lanes)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(logits.Slice(id, Lanes)));
            ExactExponential.Of(low - subtracted).CopyTo(weights[id..]);
            ExactExponential.Of(high - subtracted).CopyTo(weights[(id + (Lanes / 2))..]);
        }

        for (; id < logits.Length; id++)
        {
            weights[id] = ExactExponential.Of((double)logits[id] - greatest);
        }

        weights[logits.Length..].Clear();
    }

    /// <summary>The weight of one logit; the same bits as in <see cref="Fill"/>.</summary>
    public static double Weigh(float logit, float greatest, double temperature, double least) =>
        Weigh(Vector256.Create((double)logit), greatest, temperature, least).ToScalar();

    /// <summary>Sums whole blocks of weights: each block into <paramref name="sums"/>, and all of them.</summary>
    public static double Sum(ReadOnlySpan<double> weights, Span<double> sums)
    {
        double total = 0;
        for (int block = 0; block * Block < weights.Length; block++)
        {
            sums[block] = SumOfBlock(weights.Slice(block * Block, Block));
            total += sums[block];
        }

        return total;
    }

    /// <summary>The id at the share <paramref name="unit"/> of the weights, in the order of ids.</summary>
    public static int Draw(ReadOnlySpan<double> weights, ReadOnlySpan<double> sums, double total, double unit)
    {
        double target = unit * total;
        int last = 0;
        for (int block = 0; block * Block < weights.Length; block++)
        {
            if (target < sums[block])
            {
                return (block * Block) + DrawInBlock(weights.Slice(block * Block, Block), target);
            }

            target -= sums[block];
            last = sums[block] > 0 ? block : last;
        }

        return (last * Block) + DrawInBlock(weights.Slice(last * Block, Block), double.PositiveInfinity); // by rounding
    }

    private static int DrawInBlock(ReadOnlySpan<double> weights, double target)
    {
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                last = i;
                target -= weights[i];
                if (target < 0)
                {
                    break;
                }
            }
        }

        return last;
    }

    private static Vector256<double> Weigh(Vector256<double> logits, double greatest, double temperature, double least)
    {
        Vector256<double> weights = ExactExponential.Of((logits - Vector256.Create(greatest)) / Vector256.Create(temperature));
        return Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(weights, Vector256.Create(least)), weights, Vector256<double>.Zero);
    }

    private static double SumOfBlock(ReadOnlySpan<double> weights)
    {
        Vector256<double> low = Vector256<double>.Zero;
        Vector256<double> high = Vector256<double>.Zero;
        for (int i = 0; i < weights.Length; i += Lanes)
        {
            low += Vector256.Create(weights.Slice(i, Lanes / 2));
            high += Vector256.Create(weights.Slice(i + (Lanes / 2), Lanes / 2));
        }

        Vector256<double> lanes = low + high;
        return lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
    }
}
