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

    /// <summary>The ends of the legs so far.</summary>
    public IReadOnlyList<RunPart.Finished> Ends => _ends;

    /// <summary>The most that is still to come.</summary>
    public Usage Rest => whole.Limit with { CompletionTokens = whole.Limit.CompletionTokens - Math.Min(whole.Limit.CompletionTokens, (uint)_tokens.Count) };

    /// <summary>True when the answer has ended by itself, or nothing is to come.</summary>
    public bool IsOver => _ends[^1].FinishReason != "length" || Rest.CompletionTokens == 0;

    /// <summary>The plan of the next leg.</summary>
    /// <param name="tokens">The most that it may add.</param>
    public RunPlan Next(uint tokens)
    {
        var input = whole.Input.Clone();
        input.Generate.CommittedTokens.AddRange(_tokens);
        input.Generate.MaxTokens = (uint)_tokens.Count + tokens;
        return whole with
        {
            Input = input,
            Limit = whole.Limit with { CompletionTokens = tokens },
            FirstAttempt = whole.FirstAttempt + (AttemptsPerLeg * (uint)_ends.Count),
        };
    }

    /// <summary>A part came.</summary>
    public void Add(RunPart part)
    {
        if (part is RunPart.Text text)
        {
            _tokens.AddRange(text.TokenIds);
        }
        else if (part is RunPart.Finished end)
        {
            _ends.Add(end);
        }
    }

    /// <summary>The end of the whole answer.</summary>
    public RunPart.Finished End() => _ends[^1] with
    {
        CompletionTokens = (uint)_tokens.Count,
        Attempts = (uint)_ends.Sum(static end => end.Attempts),
        Earlier = _ends.Count == 1 ? [] : _ends[..^1],
    };
}
