namespace Ncn.Inference.Generation;

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>The model, a stop token or a stop string ended it.</summary>
    Stop,

    /// <summary>It reached the length limit.</summary>
    Length,
}

/// <summary>What a generation tells its caller, in order: tokens, then exactly one end.</summary>
public abstract record GenerationEvent
{
    private GenerationEvent()
    {
    }

    /// <summary>One more token of the completion.</summary>
    /// <param name="Position">Its index in the completion, from 0, committed tokens counted.</param>
    /// <param name="TokenId">Its id.</param>
    /// <param name="Text">The text that can be shown now: empty while a character or a possible stop string is incomplete.</param>
    /// <param name="Logprobs">The token's log-probability and its alternatives, when asked for.</param>
    /// <param name="Evidence">The likeliest tokens, likeliest first, at a position of <see cref="GenerationRequest.EvidenceAt"/>.</param>
    public sealed record Token(
        int Position, int TokenId, string Text, TokenLogprobs? Logprobs = null, IReadOnlyList<TokenLogprob>? Evidence = null) : GenerationEvent;

    /// <summary>The end of the completion.</summary>
    /// <param name="Reason">Why it ended.</param>
    /// <param name="Text">Text that was held back until now.</param>
    /// <param name="PromptTokens">Tokens of the prompt.</param>
    /// <param name="CompletionTokens">Tokens of the whole completion, committed ones included; the stop token is not one.</param>
    public sealed record Finished(FinishReason Reason, string Text, int PromptTokens, int CompletionTokens) : GenerationEvent;
}

/// <summary>One token and its natural log-probability under the model's own distribution, before any sampling option.</summary>
public readonly record struct TokenLogprob(int TokenId, float Logprob);

/// <summary>How likely a chosen token was, and the likeliest ones, likeliest first, the lower id first among equals.</summary>
public sealed record TokenLogprobs(float Logprob, IReadOnlyList<TokenLogprob> Top);
