namespace Ncn.Inference.Generation.Sampling;

/// <summary>What changes logits before any probability is taken: the mask, the bias and the penalties.</summary>
internal static class LogitAdjustment
{
    /// <summary>The logits themselves when nothing changes them, else their changed copy in the workspace.</summary>
    public static ReadOnlySpan<float> Apply(
        ReadOnlySpan<float> logits, SamplingOptions options, TokenHistory history, TokenMask? allowed, SamplingWorkspace workspace)
    {
        bool penalised = options.RepetitionPenalty != 1 || options.PresencePenalty != 0 || options.FrequencyPenalty != 0;
        if (!penalised && allowed is null && options.LogitBias.Count == 0)
        {
            return logits;
        }

        Span<float> changed = workspace.Logits.AsSpan(0, logits.Length);
        logits.CopyTo(changed);
        allowed?.Apply(changed); // 1
        Bias(changed, options); // 2
        if (penalised)
        {
            Penalise(changed, options, history); // 3, 4
        }

        return changed;
    }

    private static void Bias(Span<float> logits, SamplingOptions options)
    {
        for (int i = 0; i < options.Biases.Length; i++)
        {
            (int token, double bias) = options.Biases[i];
            if (token < logits.Length)
            {
                logits[token] = (float)(logits[token] + bias);
            }
        }
    }

    private static void Penalise(Span<float> logits, SamplingOptions options, TokenHistory history)
    {
        foreach (TokenHistory.Seen seen in history.Tokens)
        {
            if (seen.Token >= logits.Length)
            {
                continue;
            }

            double logit = logits[seen.Token];
            logit = logit > 0 ? logit / options.RepetitionPenalty : logit * options.RepetitionPenalty;
            if (seen.InCompletion > 0)
            {
                logit = logit - (options.FrequencyPenalty * seen.InCompletion) - options.PresencePenalty;
            }

            logits[seen.Token] = (float)logit;
        }
    }
}
