namespace Ncn.Inference.Generation;

/// <summary>
/// Turns tokens into text as they come. A character whose bytes are spread over several tokens is held back until it
/// is whole, so no piece ever ends within a character.
/// </summary>
/// <remarks>
/// Pure but for the decoder that it is given. The text of a token can depend on the token before it (leading spaces),
/// so each step decodes a short window: the tokens since the last whole piece and the piece before them.
/// </remarks>
/// <param name="decode">Decodes a run of tokens; bytes that form no whole character come out as U+FFFD.</param>
public sealed class IncrementalText(Func<ReadOnlyMemory<int>, string> decode)
{
    /// <summary>A UTF-8 character has four bytes at most: more tokens than that are not the start of one.</summary>
    private const int MaxHeldTokens = 4;

    private readonly List<int> _tokens = [];
    private int _windowStart;
    private int _emittedEnd;

    /// <summary>Adds a token and returns the text that became whole; empty while a character is incomplete.</summary>
    public string Push(int token)
    {
        _tokens.Add(token);
        string before = Decode(_windowStart, _emittedEnd);
        string now = Decode(_windowStart, _tokens.Count);
        bool mayGrow = _tokens.Count - _emittedEnd < MaxHeldTokens;
        if (now.EndsWith('\uFFFD') && mayGrow)
        {
            return "";
        }

        // A decoder that changes text it has shown cannot be followed: the new tokens are then decoded by themselves.
        string fresh = now.StartsWith(before, StringComparison.Ordinal) ? now[before.Length..] : Decode(_emittedEnd, _tokens.Count);
        _windowStart = _emittedEnd;
        _emittedEnd = _tokens.Count;
        return fresh;
    }

    private string Decode(int start, int end) => start == end ? "" : decode(_tokens.GetRange(start, end - start).ToArray());
}
