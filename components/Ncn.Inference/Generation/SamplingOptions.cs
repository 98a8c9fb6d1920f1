namespace Ncn.Inference.Generation;

/// <summary>How the next token is chosen from a model's logits.</summary>
/// <param name="Temperature">0 (always the likeliest token) to 2; above 1 flattens the distribution. Default 0.</param>
/// <param name="TopK">Only the k likeliest tokens can be chosen; 0 means all of them. Default 0.</param>
/// <param name="TopP">Only the smallest set of likeliest tokens whose probabilities reach this sum can be chosen; above 0 up to 1. Default 1.</param>
/// <param name="Seed">Start of the random numbers. The same seed, position and logits give the same token.</param>
public sealed record SamplingOptions(double Temperature = 0, int TopK = 0, double TopP = 1, ulong Seed = 0)
{
    /// <summary>Only tokens at least this times as likely as the likeliest can be chosen; 0 (off) to 1. Default 0.</summary>
    public double MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of every token that prompt or completion has; above 0 to 2, 1 is off. Default 1.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken once from the logit of every token that the completion has; -2 to 2. Default 0.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken from a token's logit for each time that the completion has it; -2 to 2. Default 0.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of these tokens, -100 to 100 each. Default none.</summary>
    public IReadOnlyDictionary<int, double> LogitBias { get; init; } = System.Collections.Immutable.ImmutableDictionary<int, double>.Empty;

    /// <summary>The largest temperature that a request may ask for.</summary>
    public const double MaxTemperature = 2;

    /// <summary>What is wrong with these options, in words for the caller; null when they are usable.</summary>
    public string? Problem()
    {
        if (!(Temperature >= 0 && Temperature <= MaxTemperature))
        {
            return $"temperature is {Temperature}, and must lie between 0 and {MaxTemperature}";
        }

        if (TopK < 0)
        {
            return $"top_k is {TopK}, and must be 0 (off) or more";
        }

        return TopP > 0 && TopP <= 1 ? null : $"top_p is {TopP}, and must be above 0 and at most 1";
    }
}
