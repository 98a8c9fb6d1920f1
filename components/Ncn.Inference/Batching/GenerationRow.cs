using System.Diagnostics;
using System.Threading.Channels;
using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Batching;

/// <summary>A completion that is being generated.</summary>
/// <remarks>
/// Tokens that are there already, those that another node committed and those from before a preemption, are decoded again one by one,
/// not prefilled: a prefill of several tokens differs from decoding them in the last bits, and the rest of the answer must not.
/// </remarks>
internal sealed class GenerationRow : EngineRow
{
    /// <summary>How far generation may run ahead of a slow reader, in tokens.</summary>
    public const int ReadAhead = 64;

    private readonly GenerationRequest _request;
    private readonly CompletionProgress _progress;
    private readonly RowSurroundings _shared;
    private readonly List<int> _tokens;
    private readonly Channel<GenerationEvent> _events = Channel.CreateUnbounded<GenerationEvent>(new() { SingleReader = true, SingleWriter = true });
    private readonly long _arrived = Stopwatch.GetTimestamp();
    private long _lastToken;
    private bool _begun;
    private int _decoded;
    private int _unread;
    private int _behind;

    /// <param name="request">What is asked for.</param>
    /// <param name="progress">Its state after the committed tokens; not ended.</param>
    /// <param name="shared">What all rows of the engine use.</param>
    public GenerationRow(GenerationRequest request, CompletionProgress progress, RowSurroundings shared)
        : base(request.Prompt, request.Priority, int.MaxValue)
    {
        (_request, _progress, _shared) = (request, progress, shared);
        _tokens = [.. request.Committed.Span];
    }

    /// <summary>What the caller reads.</summary>
    public ChannelReader<GenerationEvent> Events => _events.Reader;

    /// <summary>The reader has taken an event; true when the engine has to be told that it has caught up. The reader's thread.</summary>
    public bool Taken() => Interlocked.Decrement(ref _unread) < ReadAhead / 2 && Interlocked.Exchange(ref _behind, 0) == 1;

    public override void Begin()
    {
        _decoded = 0;
        if (!_begun)
        {
            _begun = true;
            _shared.Metrics.RecordQueueWait(Stopwatch.GetElapsedTime(_arrived));
        }
    }

    public override RowProgress Advance(Span<float> logits)
    {
        _shared.Observer?.Invoke(_request, _decoded, logits);
        if (_decoded < _tokens.Count)
        {
            NextToken = _tokens[_decoded++];
            return RowProgress.GoesOn;
        }

        int position = _progress.Count;
        (int token, TokenLogprobs? logprobs, IReadOnlyList<TokenLogprob>? evidence) = Choose(logits, position);
        string text = _progress.Accept(token);
        if (_progress.Count > position)
        {
            RecordTime();
            Tell(new GenerationEvent.Token(position, token, text, logprobs, evidence));
        }

        if (_progress.Finish is { } reason)
        {
            Tell(new GenerationEvent.Finished(reason, _progress.Rest(), _request.Prompt.Length, _progress.Count));
            _events.Writer.TryComplete();
            return RowProgress.Ended;
        }

        _tokens.Add(token);
        NextToken = token;
        _decoded++;
        return IsBehind() ? RowProgress.Behind : RowProgress.GoesOn;
    }

    public override void Fail(Exception failure) => _events.Writer.TryComplete(failure);

    private (int Token, TokenLogprobs? Logprobs, IReadOnlyList<TokenLogprob>? Evidence) Choose(ReadOnlySpan<float> logits, int position)
    {
        SamplingWorkspace workspace = _shared.Workspaces.TryTake(out SamplingWorkspace? free) ? free : new SamplingWorkspace(logits.Length);
        int token = Sampler.Next(logits, _request.Sampling, _progress.History, (uint)position, workspace, _progress.Allowed);
        _shared.Workspaces.Add(workspace);
        bool isEvidence = _request.EvidenceAt is { } at && at(position);
        if (_request.TopLogprobs is not { } count)
        {
            return (token, null, isEvidence ? Logprobs.Top(logits, GenerationRequest.EvidenceTop) : null);
        }

        // Both are beginnings of one list: the sum over the vocabulary, which is what they cost, is taken once.
        TokenLogprobs all = Logprobs.At(logits, token, isEvidence ? Math.Max(count, GenerationRequest.EvidenceTop) : count);
        return (token, all with { Top = Beginning(all.Top, count) }, isEvidence ? Beginning(all.Top, GenerationRequest.EvidenceTop) : null);
    }

    private static IReadOnlyList<TokenLogprob> Beginning(IReadOnlyList<TokenLogprob> top, int count) => top.Count <= count ? top : [.. top.Take(count)];

    private void Tell(GenerationEvent next)
    {
        Interlocked.Increment(ref _unread);
        _events.Writer.TryWrite(next);
    }

    /// <summary>The flag is raised first: a reader that catches up meanwhile either sees it, or is seen here.</summary>
    private bool IsBehind()
    {
        if (Volatile.Read(ref _unread) < ReadAhead)
        {
            return false;
        }

        Interlocked.Exchange(ref _behind, 1);
        return Volatile.Read(ref _unread) >= ReadAhead / 2 || Interlocked.Exchange(ref _behind, 0) == 0;
    }

    private void RecordTime()
    {
        long now = Stopwatch.GetTimestamp();
        if (_lastToken == 0)
        {
            _shared.Metrics.RecordFirstToken(Stopwatch.GetElapsedTime(_arrived, now));
        }
        else
        {
            _shared.Metrics.RecordInterToken(Stopwatch.GetElapsedTime(_lastToken, now));
        }

        _lastToken = now;
    }
}
