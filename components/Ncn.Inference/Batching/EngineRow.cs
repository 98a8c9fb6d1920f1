namespace Ncn.Inference.Batching;

/// <summary>What a request wants after it got logits.</summary>
internal enum RowProgress
{
    /// <summary>Its <see cref="EngineRow.NextToken"/> is to be decoded.</summary>
    GoesOn,

    /// <summary>The same, but its reader is behind: not before it has caught up.</summary>
    Behind,

    /// <summary>Nothing more: it has told its caller all.</summary>
    Ended,
}

/// <summary>One request in an engine. Used by the engine's thread only, but for what says otherwise.</summary>
internal abstract class EngineRow(ReadOnlyMemory<int> prompt, int priority, int reusableTokens)
{
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Given by the engine.</summary>
    public long Id { get; set; }

    /// <summary>Tokens that are prefilled.</summary>
    public ReadOnlyMemory<int> Prompt { get; } = prompt;

    /// <summary>Higher goes first.</summary>
    public int Priority { get; } = priority;

    /// <summary>Tokens of the prompt whose logits it does not need to see.</summary>
    public int ReusableTokens { get; } = reusableTokens;

    /// <summary>Tokens of one run where they are more than a chunk: nobody takes over what such a row computes.</summary>
    public int RunTokens { get; protected init; }

    /// <summary>The first token of the prompt whose logits it needs to see.</summary>
    public int LooksFrom => Math.Min(ReusableTokens, Prompt.Length - 1);

    /// <summary>The token to decode next.</summary>
    public int NextToken { get; protected set; }

    /// <summary>Completes when the engine holds nothing of it any more. Any thread.</summary>
    public Task Left => _left.Task;

    /// <summary>It got a slot. It begins with its prompt, also when it had a slot before.</summary>
    public abstract void Begin();

    /// <summary>A chunk of its prompt was computed; the logits are those of the chunk's tokens from <see cref="LooksFrom"/> on.</summary>
    public virtual void Computed(IDecoderRuntime runtime, int start, int count)
    {
    }

    /// <summary>Takes the logits after its last token so far, and may overwrite them. Rows run this side by side.</summary>
    public abstract RowProgress Advance(Span<float> logits);

    /// <summary>Tells the caller that it ends here.</summary>
    public abstract void Fail(Exception failure);

    /// <summary>The engine has forgotten it.</summary>
    public void Leave() => _left.TrySetResult();
}
