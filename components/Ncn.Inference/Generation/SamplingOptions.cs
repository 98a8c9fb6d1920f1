using System.Collections.Immutable;

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

    /// <summary>Added to the logits of these tokens, -100 to 100 each, at most <see cref="MaxBiases"/>. Default none.</summary>
    public IReadOnlyDictionary<int, double> LogitBias
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
            Biases = [.. value.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key)];
        }
    }

        = ImmutableDictionary<int, double>.Empty;

    /// <summary>The entries of <see cref="LogitBias"/> in the order of ids.</summary>
    internal (int Token, double Bias)[] Biases { get; private init; } = [];

    /// <summary>The largest temperature that a request may ask for.</summary>
    public const double MaxTemperature = 2;

    /// <summary>The largest presence or frequency penalty; the smallest is its negative.</summary>
    public const double MaxPenalty = 2;

    /// <summary>The largest repetition penalty.</summary>
    public const double MaxRepetitionPenalty = 2;

    /// <summary>The most tokens with a bias.</summary>
    public const int MaxBiases = 1024;

    /// <summary>The largest bias; the smallest is its negative.</summary>
    public const double MaxBias = 100;

    /// <summary>What is wrong with these options, in words for the caller; null when they are usable.</summary>
    /// <param name="vocabulary">Number of the model's token ids.</param>
    public string? Problem(int vocabulary = int.MaxValue) =>
        Outside("temperature", Temperature, 0, MaxTemperature)
        ?? (TopK >= 0 ? null : $"top_k is {TopK}, and must be 0 (off) or more")
        ?? (TopP > 0 && TopP <= 1 ? null : $"top_p is {TopP}, and must be above 0 and at most 1")
        ?? Outside("min_p", MinP, 0, 1)
        ?? (RepetitionPenalty > 0 && RepetitionPenalty <= MaxRepetitionPenalty
            ? null
            : $"repetition_penalty is {RepetitionPenalty}, and must be above 0 and at most {MaxRepetitionPenalty}")
        ?? Outside("presence_penalty", PresencePenalty, -MaxPenalty, MaxPenalty)
        ?? Outside("frequency_penalty", FrequencyPenalty, -MaxPenalty, MaxPenalty)
        ?? BiasProblem(vocabulary);

    private static string? Outside(string name, double value, double least, double most) =>
        value >= least && value <= most ? null : $"{name} is {value}, and must lie between {least} and {most}";

    private string? BiasProblem(int vocabulary)
    {
        if (Biases.Length > MaxBiases)
        {
            return $"logit_bias has {Biases.Length} entries; at most {MaxBiases} are taken";
        }

        foreach ((int token, double bias) in Biases)
        {
            if (token < 0 || token >= vocabulary)
            {
                return $"logit_bias names the token {token}, and the model's token ids lie between 0 and {vocabulary - 1}";
            }

            if (!(Math.Abs(bias) <= MaxBias))
            {
                return $"logit_bias of token {token} is {bias}, and must lie between -{MaxBias} and {MaxBias}";
            }
        }

        return null;
    }
}
