using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Batching;

/// <summary>A given completion that is being scored.</summary>
internal sealed class ScoreRow : GivenRow
{
    private readonly Predicate<int> _at;
    private readonly List<ScoredPosition> _scored = [];
    private readonly TaskCompletionSource<IReadOnlyList<ScoredPosition>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="prompt">Tokens before the completion.</param>
    /// <param name="completion">At least one token.</param>
    /// <param name="at">Positions to report.</param>
    /// <param name="runtime">Says whether a prefill yields all logits.</param>
    public ScoreRow(ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion, Predicate<int> at, IDecoderRuntime runtime)
        : base(prompt, completion, completion.Length, runtime) => _at = at;

    /// <summary>The scores, in order.</summary>
    public Task<IReadOnlyList<ScoredPosition>> Result => _result.Task;

    public override void Begin()
    {
        base.Begin();
        _scored.Clear();
    }

    public override void Fail(Exception failure) => _result.TrySetException(failure);

    protected override void Look(int position, ReadOnlySpan<float> logits)
    {
        if (_at(position))
        {
            TokenLogprobs found = Logprobs.At(logits, Completion.Span[position], GenerationRequest.EvidenceTop);
            _scored.Add(new ScoredPosition(position, found.Logprob, found.Top));
        }
    }

    protected override void End() => _result.TrySetResult(_scored);
}
