using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Batching;

/// <summary>
/// A completion that another node states: at each place the sampler draws from this model's logits, with the request's own options and
/// seed, and is compared with the token that stands there.
/// </summary>
/// <param name="request">What was asked for; its committed tokens begin the completion and are not judged.</param>
/// <param name="completion">Committed and delivered tokens.</param>
/// <param name="follow">The state of the completion before its first token.</param>
/// <param name="at">Positions whose likeliest tokens are reported.</param>
/// <param name="runtime">Says whether a prefill yields all logits.</param>
/// <param name="shared">Lends buffers.</param>
internal sealed class ReplayRow(
    GenerationRequest request, ReadOnlyMemory<int> completion, Func<CompletionProgress> follow, Predicate<int> at, IDecoderRuntime runtime, RowSurroundings shared)
    : GivenRow(request.Prompt, completion, completion.Length + 1, runtime)
{
    private readonly TaskCompletionSource<ReplayReport> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<TokenDoubt> _doubts = [];
    private readonly List<ScoredPosition> _scored = [];
    private readonly List<string> _pieces = [];
    private CompletionProgress _progress = follow();
    private bool _isBroken;
    private int _stopSteps;

    /// <summary>What was found.</summary>
    public Task<ReplayReport> Result => _result.Task;

    public override void Begin()
    {
        base.Begin();
        (_progress, _isBroken, _stopSteps) = (follow(), false, 0);
        _doubts.Clear();
        _scored.Clear();
        _pieces.Clear();
    }

    public override void Fail(Exception failure) => _result.TrySetException(failure);

    protected override void Look(int position, ReadOnlySpan<float> logits)
    {
        if (_isBroken)
        {
            return;
        }

        if (position < Completion.Length)
        {
            Take(position, Completion.Span[position], logits);
        }
        else if (_progress.Finish is null)
        {
            _stopSteps = Draw(position, logits, _progress.EndTokens).Steps;
        }
    }

    protected override void End() => _result.TrySetResult(new ReplayReport(
        _progress.Count, [.. _doubts], [.. _scored], [.. _pieces], _isBroken ? "" : _progress.Rest(), _progress.Finish, _stopSteps));

    private void Take(int position, int token, ReadOnlySpan<float> logits)
    {
        _isBroken = _progress.Finish is not null || _progress.Ends(token) || (_progress.Allowed is { } allowed && !allowed.Allows(token));
        if (_isBroken)
        {
            return;
        }

        if (at(position))
        {
            TokenLogprobs found = Logprobs.At(logits, token, GenerationRequest.EvidenceTop);
            _scored.Add(new ScoredPosition(position, found.Logprob, found.Top));
        }

        bool isCommitted = position < request.Committed.Length;
        if (!isCommitted && Draw(position, logits, [token]) is { Steps: > 0 } doubt)
        {
            _doubts.Add(doubt);
        }

        string piece = _progress.Accept(token);
        if (!isCommitted)
        {
            _pieces.Add(piece);
        }
    }

    private TokenDoubt Draw(int position, ReadOnlySpan<float> logits, IReadOnlyCollection<int> stated)
    {
        SamplingWorkspace workspace = shared.Workspaces.TryTake(out SamplingWorkspace? free) ? free : new SamplingWorkspace(logits.Length);
        TokenDoubt doubt = DrawDoubt.Of(logits, request.Sampling, _progress.History, (uint)position, workspace, _progress.Allowed, stated);
        shared.Workspaces.Add(workspace);
        return doubt;
    }
}
