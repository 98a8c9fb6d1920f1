namespace Ncn.Inference.Generation;

/// <summary>One completion to generate.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt's token ids, at least one.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>Token ids of this completion that were already delivered, by this node or another; the answer goes on after them.</summary>
    public ReadOnlyMemory<int> Committed { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Length limit of the whole completion in tokens, committed ones included; at least 1.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Texts that end the completion and are not shown; at most <see cref="MaxStops"/>, each 1 to <see cref="MaxStopLength"/> characters.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Token ids that end the completion, besides the model's own; they are not part of it.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>The JSON schema that the completion must fit; null for free text.</summary>
    public string? JsonSchema { get; init; }

    /// <summary>Report each token's log-probability and this many alternatives, 0 to 20; null for none.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>
    /// Report the likeliest <see cref="EvidenceTop"/> tokens at the positions for which this is true, whatever <see cref="TopLogprobs"/>
    /// says; null for none. A position is a token's index in the completion, from 0.
    /// </summary>
    public Predicate<int>? EvidenceAt { get; init; }

    /// <summary>0 to 9. A request may preempt those of a lower priority when all slots are taken; these go on later where they were.</summary>
    public int Priority { get; init; }

    /// <summary>Tokens reported at a position of <see cref="EvidenceAt"/>.</summary>
    public const int EvidenceTop = 8;

    /// <summary>Most stop strings, and most stop tokens, in one request.</summary>
    public const int MaxStops = 16;

    /// <summary>Longest stop string in characters.</summary>
    public const int MaxStopLength = 256;

    /// <summary>What is wrong with the request for a model of this size, in words for the caller; null when nothing is.</summary>
    public InferenceException? Problem(int contextTokens, int vocabulary)
    {
        string? text = Sampling.Problem(vocabulary) ?? StopProblem() ?? TokenProblem(vocabulary);
        if (text is not null)
        {
            return InferenceException.Invalid(text);
        }

        long wanted = (long)Prompt.Length + MaxTokens;
        return wanted <= contextTokens ? null : new InferenceException(
            InferenceFault.ContextTooLong,
            $"The prompt has {Prompt.Length} tokens and up to {MaxTokens} are asked for, but the model's context is {contextTokens} tokens. Shorten the prompt or lower max_tokens.");
    }

    private string? StopProblem()
    {
        if (Stop.Count > MaxStops || StopTokens.Count > MaxStops)
        {
            return $"a request may have at most {MaxStops} stop strings and {MaxStops} stop tokens";
        }

        if (JsonSchema is not null && Stop.Count > 0)
        {
            return "stop strings would cut the document that json_schema promises; leave one of the two out";
        }

        return Stop.All(stop => stop.Length is > 0 and <= MaxStopLength) ? null : $"a stop string must have 1 to {MaxStopLength} characters";
    }

    private string? TokenProblem(int vocabulary)
    {
        if (Prompt.Length == 0)
        {
            return "the prompt is empty";
        }

        if (MaxTokens < 1 || Committed.Length > MaxTokens)
        {
            return $"max_tokens is {MaxTokens}, and must be at least 1 and cover the {Committed.Length} committed tokens";
        }

        return AllWithin(Prompt.Span, vocabulary) && AllWithin(Committed.Span, vocabulary) ? null : $"token ids must lie between 0 and {vocabulary - 1}";
    }

    private static bool AllWithin(ReadOnlySpan<int> tokens, int vocabulary) => !tokens.ContainsAnyExceptInRange(0, vocabulary - 1);
}
