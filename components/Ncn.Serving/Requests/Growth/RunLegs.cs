using Ncn.Payments.Pricing;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Requests.Growth;

/// <summary>A run in legs: each goes on after the tokens of those before it, with the same seed, and has a receipt of its own.</summary>
internal sealed class RunLegs(RunPlan whole)
{
    // A run numbers its attempts within a block of its own.
    private const uint AttemptsPerLeg = 64;

    private readonly List<int> _tokens = [];
    private readonly List<RunPart.Finished> _ends = [];
    private RunPart.Text? _held;
    private uint _asked;
    private bool _isBroken;

    /// <summary>The ends of the legs so far.</summary>
    public IReadOnlyList<RunPart.Finished> Ends => _ends;

    /// <summary>The most that is still to come.</summary>
    public Usage Rest => whole.Limit with { CompletionTokens = whole.Limit.CompletionTokens - Math.Min(whole.Limit.CompletionTokens, (uint)_tokens.Count) };

    /// <summary>True when the answer has ended by itself, or nothing is to come. A leg that is shorter than it could have been will not get longer: the model's context is full.</summary>
    public bool IsOver => _isBroken || _ends[^1].FinishReason != "length" || _ends[^1].CompletionTokens < _asked || Rest.CompletionTokens == 0;

    /// <summary>The plan of the next leg.</summary>
    /// <param name="tokens">The most that it may add.</param>
    public RunPlan Next(uint tokens)
    {
        var input = whole.Input.Clone();
        input.Generate.CommittedTokens.AddRange(_tokens);
        input.Generate.MaxTokens = (uint)_tokens.Count + tokens;
        _asked = tokens;
        return whole with
        {
            Input = input,
            Limit = whole.Limit with { CompletionTokens = tokens },
            FirstAttempt = whole.FirstAttempt + (AttemptsPerLeg * (uint)_ends.Count),
        };
    }

    /// <summary>A part came. What the client gets now; null when that is to be seen.</summary>
    /// <remarks>
    /// What a node shows without a token, it shows because its leg is at the end: text that could begin a stop text, or bytes that could begin
    /// a character. The next leg knows what became of it and says it itself, so it is held back here until it is clear that there is none.
    /// </remarks>
    public RunPart? Add(RunPart part)
    {
        switch (part)
        {
            case RunPart.Text { TokenIds.Count: 0 } text:
                _held = text;
                return null;
            case RunPart.Text text:
                _held = null;
                _tokens.AddRange(text.TokenIds);
                return text;
            case RunPart.Finished end:
                _ends.Add(end);
                return null;
            default:
                return part;
        }
    }

    /// <summary>The leg that was being run failed: the answer ends with what those before it gave.</summary>
    public void Break() => _isBroken = true;

    /// <summary>What was held back, then the end of the whole answer: what receipts cover, and no token of a leg that failed.</summary>
    public IEnumerable<RunPart> End()
    {
        if (_held is { } held)
        {
            yield return held;
        }

        yield return _ends[^1] with
        {
            CompletionTokens = (uint)_ends.Sum(static end => end.CompletionTokens),
            Attempts = (uint)_ends.Sum(static end => end.Attempts),
            Earlier = _ends.Count == 1 ? [] : _ends[..^1],
        };
    }
}
