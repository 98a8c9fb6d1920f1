namespace Ncn.Inference.Generation.Sampling;

/// <summary>
/// Chooses tokens from logits. Pure: a token is a function of (logits, options, tokens so far, position), so any node can check or
/// continue a generation. The logits are not changed, and after the first step nothing is allocated.
/// </summary>
/// <remarks>
/// 1. Tokens that the mask forbids, and logits that are no finite numbers, never come.
/// 2. Logit bias is added.
/// 3. Repetition penalty: the logit of every token of prompt or completion is divided by it when positive, else multiplied.
/// 4. Frequency penalty times the token's count in the completion, and presence penalty once, are subtracted.
/// 5. Temperature 0, or top-k 1: the likeliest token, the lowest id among equals. That is all.
/// 6. Weights: exp((logit - greatest logit) / temperature), in double precision.
/// 7. Min-p: weights below <c>MinP</c> (of the likeliest token, whose weight is 1) go.
/// 8. Top-k: in the order of logits, the lower id first among equals, all after the first <c>TopK</c> go.
/// 9. Top-p: in the same order, all after the shortest beginning whose share of the weights left by 7 and 8 reaches <c>TopP</c> go.
/// 10. <see cref="CounterRandom"/>'s number for seed and position times the sum of what is left falls on a token, in the order of ids.
/// <para>
/// This is the order of vLLM, with OpenAI's formula for 4. All arithmetic is IEEE 754 additions, multiplications and divisions in a
/// fixed order, and exp is <see cref="ExactExponential"/>, so equal logits give equal tokens on every machine.
/// </para>
/// </remarks>
public static class Sampler
{
    /// <summary>The token at <paramref name="position"/> of the completion.</summary>
    /// <param name="logits">The model's logits, one for each token id.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="history">The tokens so far.</param>
    /// <param name="position">Index of the token in the completion, from 0.</param>
    /// <param name="workspace">Buffers, for as many logits at least.</param>
    /// <param name="allowed">The tokens that may come; null for all.</param>
    /// <exception cref="ArgumentException">No allowed logit is a finite number: the model is broken.</exception>
    public static int Next(
        ReadOnlySpan<float> logits, SamplingOptions options, TokenHistory history, uint position, SamplingWorkspace workspace, TokenMask? allowed = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(workspace);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(logits.Length, workspace.Vocabulary);
        ReadOnlySpan<float> changed = LogitAdjustment.Apply(logits, options, history, allowed, workspace); // 1 to 4
        int best = Likeliest(changed);
        if (options.Temperature == 0 || options.TopK == 1)
        {
            return best; // 5
        }

        double unit = CounterRandom.Unit(options.Seed, position);
        return options.TopK > 0 && options.TopK < changed.Length
            ? DrawFromFew(changed, changed[best], options, unit, workspace)
            : DrawFromAll(changed, changed[best], options, unit, workspace);
    }

    /// <summary>The id of the greatest logit, the lowest id among equals; logits that are not finite never win.</summary>
    /// <exception cref="ArgumentException">No logit is a finite number.</exception>
    public static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = LogitOrder.First(logits);
        return best >= 0 ? best : throw new ArgumentException("The model gave no finite logit for a token that may come, so none can be chosen.", nameof(logits));
    }

    private static int DrawFromAll(ReadOnlySpan<float> logits, float greatest, SamplingOptions options, double unit, SamplingWorkspace workspace)
    {
        Span<double> weights = workspace.Weights.AsSpan(0, WeightSums.Padded(logits.Length));
        WeightSums.Fill(logits, greatest, options.Temperature, options.MinP, weights); // 6, 7
        double total = WeightSums.Sum(weights, workspace.Sums);
        if (options.TopP < 1)
        {
            Nucleus.Cut(logits, greatest, options.Temperature, options.TopP, total, weights, workspace); // 9
            total = WeightSums.Sum(weights, workspace.Sums);
        }

        return WeightSums.Draw(weights, workspace.Sums, total, unit); // 10
    }

    private static int DrawFromFew(ReadOnlySpan<float> logits, float greatest, SamplingOptions options, double unit, SamplingWorkspace workspace)
    {
        Span<ulong> buffer = workspace.Keys.AsSpan(0, LogitOrder.BufferLength(options.TopK, logits.Length));
        Span<ulong> keys = buffer[..LogitOrder.Select(logits, options.TopK, buffer)]; // 8
        Span<double> weights = workspace.Weights.AsSpan(0, keys.Length);
        int count = 0;
        double sum = 0;
        for (; count < keys.Length; count++)
        {
            weights[count] = WeightSums.Weigh(logits[LogitOrder.Id(keys[count])], greatest, options.Temperature, options.MinP); // 6, 7
            sum += weights[count];
            if (weights[count] == 0)
            {
                break;
            }
        }

        count = Beginning(weights[..count], options.TopP * sum, out double kept); // 9
        return DrawInIdOrder(keys[..count], weights[..count], unit * kept); // 10
    }

    private static int Beginning(ReadOnlySpan<double> weights, double wanted, out double sum)
    {
        sum = 0;
        int count = 0;
        while (count < weights.Length)
        {
            sum += weights[count++];
            if (sum >= wanted)
            {
                break;
            }
        }

        return count;
    }

    private static int DrawInIdOrder(Span<ulong> keys, Span<double> weights, double target)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = (uint)LogitOrder.Id(keys[i]);
        }

        keys.Sort(weights);
        for (int i = 0; i < keys.Length - 1; i++)
        {
            target -= weights[i];
            if (target < 0)
            {
                return (int)keys[i];
            }
        }

        return (int)keys[^1];
    }
}
