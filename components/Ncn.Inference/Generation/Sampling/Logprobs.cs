namespace Ncn.Inference.Generation.Sampling;

/// <summary>
/// Natural log-probabilities under the model's own distribution: of the raw logits, before any sampling option. Computed in double
/// precision in a fixed order and rounded to single, so equal logits give equal numbers (but for the last bit of the machine's log).
/// </summary>
public static class Logprobs
{
    /// <summary>The log-probability of one token; minus infinity when its logit is no finite number.</summary>
    public static float Of(ReadOnlySpan<float> logits, int token) => Relative(logits[token], LogOfSum(logits));

    /// <summary>The likeliest tokens, likeliest first, the lower id first among equals; fewer when fewer logits are finite.</summary>
    public static TokenLogprob[] Top(ReadOnlySpan<float> logits, int count) => Top(logits, count, LogOfSum(logits));

    /// <summary>Both at once.</summary>
    public static TokenLogprobs At(ReadOnlySpan<float> logits, int token, int count)
    {
        double logOfSum = LogOfSum(logits);
        return new TokenLogprobs(Relative(logits[token], logOfSum), Top(logits, count, logOfSum));
    }

    private static TokenLogprob[] Top(ReadOnlySpan<float> logits, int count, double logOfSum)
    {
        if (count == 0)
        {
            return [];
        }

        Span<ulong> keys = new ulong[LogitOrder.BufferLength(count, logits.Length)];
        var top = new TokenLogprob[LogitOrder.Select(logits, count, keys)];
        for (int i = 0; i < top.Length; i++)
        {
            int id = LogitOrder.Id(keys[i]);
            top[i] = new TokenLogprob(id, Relative(logits[id], logOfSum));
        }

        return top;
    }

    private static float Relative(float logit, double logOfSum) => float.IsFinite(logit) ? (float)(logit - logOfSum) : float.NegativeInfinity;

    private static double LogOfSum(ReadOnlySpan<float> logits)
    {
        float greatest = logits[Sampler.Likeliest(logits)];
        return greatest + Math.Log(WeightSums.Total(logits, greatest));
    }
}
