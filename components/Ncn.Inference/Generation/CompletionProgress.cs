using Ncn.Inference.Generation.Constraints;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Generation;

/// <summary>
/// Follows one completion token by token: its text, its stop conditions, its length. Pure but for the decoder that it is
/// given, so replaying the committed tokens puts any node where the first one was.
/// </summary>
public sealed class CompletionProgress
{
    private readonly IncrementalText _text;
    private readonly StopScanner _stops;
    private readonly HashSet<int> _stopTokens;
    private readonly int _maxTokens;
    private readonly JsonConstraint? _constraint;

    /// <param name="request">Supplies the limits and the stop conditions.</param>
    /// <param name="endTokens">The model's own end-of-text tokens.</param>
    /// <param name="decode">See <see cref="IncrementalText"/>.</param>
    /// <param name="constraint">What the completion must be, before its first token; null for free text.</param>
    public CompletionProgress(
        GenerationRequest request, IEnumerable<int> endTokens, Func<ReadOnlyMemory<int>, string> decode, JsonConstraint? constraint = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        _text = new IncrementalText(decode);
        _stops = new StopScanner(request.Stop);
        _stopTokens = [.. endTokens, .. request.StopTokens];
        _maxTokens = request.MaxTokens;
        _constraint = constraint;
        History = new TokenHistory(request.Prompt.Span);
    }

    /// <summary>The tokens so far, as the sampler looks at them.</summary>
    public TokenHistory History { get; }

    /// <summary>The tokens that may come next; null when all may.</summary>
    public TokenMask? Allowed => _constraint?.Allowed;

    /// <summary>Tokens of the completion so far.</summary>
    public int Count { get; private set; }

    /// <summary>The tokens that end the completion without being part of it.</summary>
    public IReadOnlyCollection<int> EndTokens => _stopTokens;

    /// <summary>Why the completion ended; null while it goes on.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>True when <paramref name="token"/> would end the completion without being part of it.</summary>
    public bool Ends(int token) => _stopTokens.Contains(token);

    /// <summary>Takes the next token and returns the text that can be shown now. Sets <see cref="Finish"/> at the end.</summary>
    public string Accept(int token)
    {
        if (Ends(token))
        {
            Finish = FinishReason.Stop;
            return "";
        }

        _constraint?.Accept(token);
        Count++;
        History.Add(token);
        string shown = _stops.Push(_text.Push(token));
        Finish = _stops.Stopped || _constraint is { IsClosed: true } ? FinishReason.Stop : Count >= _maxTokens ? FinishReason.Length : null;
        return shown;
    }

    /// <summary>After the end: text that was held back as the possible beginning of a stop string, or as an incomplete character.</summary>
    public string Rest() => _stops.Push(_text.Flush()) + _stops.Flush();
}
