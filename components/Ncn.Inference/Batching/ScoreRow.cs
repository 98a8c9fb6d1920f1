using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Batching;

/// <summary>
/// A given completion that is being scored. Prompt and completion are prefilled together; where a prefill yields the logits of its
/// last token only, the completion is decoded token by token instead.
/// </summary>
internal sealed class ScoreRow : EngineRow
{
    private readonly ReadOnlyMemory<int> _completion;
    private readonly Predicate<int> _at;
    private readonly int _promptTokens;
    private readonly bool _byChunk;
    private readonly List<ScoredPosition> _scored = [];
    private readonly TaskCompletionSource<IReadOnlyList<ScoredPosition>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _decoded;

    /// <param name="prompt">Tokens before the completion.</param>
    /// <param name="completion">At least one token.</param>
    /// <param name="at">Positions to report.</param>
    /// <param name="runtime">Says whether a prefill yields all logits.</param>
    public ScoreRow(ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion, Predicate<int> at, IDecoderRuntime runtime)
        : base(runtime.HasChunkLogits ? Joined(prompt.Span, completion.Span) : prompt, priority: 0, reusableTokens: prompt.Length - 1) =>
        (_completion, _at, _promptTokens, _byChunk) = (completion, at, prompt.Length, runtime.HasChunkLogits);

    /// <summary>The scores, in order.</summary>
    public Task<IReadOnlyList<ScoredPosition>> Result => _result.Task;

    public override void Begin()
    {
        _decoded = 0;
        _scored.Clear();
    }

    public override void Computed(IDecoderRuntime runtime, int start, int count)
    {
        if (_byChunk)
        {
            for (int index = Math.Max(start, _promptTokens - 1); index < start + count; index++)
            {
                Score(index - _promptTokens + 1, runtime.Logits(index - start));
            }
        }
    }

    public override RowProgress Advance(Span<float> logits)
    {
        if (!_byChunk)
        {
            Score(_decoded, logits);
            NextToken = _completion.Span[_decoded++];
        }

        if (!_byChunk && _decoded < _completion.Length)
        {
            return RowProgress.GoesOn;
        }

        _result.TrySetResult(_scored);
        return RowProgress.Ended;
    }

    public override void Fail(Exception failure) => _result.TrySetException(failure);

    private void Score(int position, ReadOnlySpan<float> logits)
    {
        if (_at(position))
        {
            TokenLogprobs found = Logprobs.At(logits, _completion.Span[position], GenerationRequest.EvidenceTop);
            _scored.Add(new ScoredPosition(position, found.Logprob, found.Top));
        }
    }

    /// <summary>All but the last token, whose own logits nobody asks for.</summary>
    private static int[] Joined(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion) => [.. prompt, .. completion[..^1]];
}
