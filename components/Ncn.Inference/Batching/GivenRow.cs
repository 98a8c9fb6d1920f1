namespace Ncn.Inference.Batching;

/// <summary>
/// A completion that is given and only looked at. Prompt and completion are prefilled together; where a prefill yields the logits of its
/// last token only, the completion is decoded token by token instead.
/// </summary>
internal abstract class GivenRow : EngineRow
{
    private readonly int _promptTokens;
    private readonly int _looks;
    private readonly bool _byChunk;
    private int _decoded;

    /// <param name="prompt">Tokens before the completion.</param>
    /// <param name="completion">At least one token where <paramref name="looks"/> is its length.</param>
    /// <param name="looks">How many positions are looked at: the completion's length, or one more to see what would follow it.</param>
    /// <param name="runtime">Says whether a prefill yields all logits.</param>
    protected GivenRow(ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion, int looks, IDecoderRuntime runtime)
        : base(runtime.HasChunkLogits ? Joined(prompt.Span, completion.Span[..(looks - 1)]) : prompt, priority: 0, reusableTokens: prompt.Length - 1) =>
        (Completion, _looks, _byChunk, _promptTokens, RunTokens) = (completion, looks, runtime.HasChunkLogits, prompt.Length, runtime.LongRunTokens);

    protected ReadOnlyMemory<int> Completion { get; }

    public override void Begin() => _decoded = 0;

    public override void Computed(IDecoderRuntime runtime, int start, int count)
    {
        if (_byChunk)
        {
            for (int index = Math.Max(start, _promptTokens - 1); index < start + count; index++)
            {
                Look(index - _promptTokens + 1, runtime.Logits(index - start));
            }
        }
    }

    public override RowProgress Advance(Span<float> logits)
    {
        if (!_byChunk)
        {
            Look(_decoded, logits);
            if (++_decoded < _looks)
            {
                NextToken = Completion.Span[_decoded - 1];
                return RowProgress.GoesOn;
            }
        }

        End();
        return RowProgress.Ended;
    }

    /// <summary>The logits for the completion's token at <paramref name="position"/>, each position once and in order.</summary>
    protected abstract void Look(int position, ReadOnlySpan<float> logits);

    /// <summary>All was seen.</summary>
    protected abstract void End();

    private static int[] Joined(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion) => [.. prompt, .. completion];
}
