namespace Ncn.Inference.Generation;

/// <summary>
/// Turns tokens into text as they come. A character whose bytes are spread over several tokens is held back until it
/// is whole, so no piece ever ends within a character, and all pieces together are what the tokens decode to as a whole.
/// </summary>
/// <remarks>
/// Pure but for the decoder that it is given. The text of a token can depend on the token before it (leading spaces),
/// so each step decodes a short window: the tokens since the last whole piece and the piece before them. An incomplete
/// character at the end of a window decodes to one U+FFFD, and more bytes can change that one only; what stands before it
/// is final, bytes that form no character included.
/// </remarks>
/// <param name="decode">Decodes a run of tokens; bytes that form no whole character come out as U+FFFD, one for each longest beginning of a character.</param>
public sealed class IncrementalText(Func<ReadOnlyMemory<int>, string> decode)
{
    private readonly List<int> _window = [];
    private int _lastPiece;
    private int _shown;

    /// <summary>Adds a token and returns the text that became whole; empty while a character is incomplete.</summary>
    public string Push(int token)
    {
        _window.Add(token);
        string now = Decode(0, _window.Count);
        if (!now.EndsWith('\uFFFD'))
        {
            string rest = Show(now, now.Length);
            Forget(now, _window.Count);
            return rest;
        }

        string fresh = Show(now, now.Length - 1);
        string alone = Decode(_window.Count - 1, _window.Count);
        if (alone.Length > 0 && now == Decode(0, _window.Count - 1) + alone)
        {
            Forget(now, _window.Count - 1); // nothing that follows can change what stands before this token
        }

        return fresh;
    }

    /// <summary>At the end: a character that stayed incomplete, as U+FFFD.</summary>
    public string Flush()
    {
        string now = Decode(0, _window.Count);
        return Show(now, now.Length);
    }

    private string Show(string text, int end)
    {
        string fresh = end > _shown ? text[_shown..end] : "";
        _shown = Math.Max(_shown, end);
        return fresh;
    }

    /// <summary>Keeps the tokens of the last piece, which ends at <paramref name="end"/>: the next token's text can depend on them.</summary>
    private void Forget(string text, int end)
    {
        int unseen = text.Length - _shown;
        _window.RemoveRange(0, _lastPiece);
        _lastPiece = end - _lastPiece;
        _shown = Math.Max(0, Decode(0, _window.Count).Length - unseen);
    }

    private string Decode(int start, int end) => start == end ? "" : decode(_window.GetRange(start, end - start).ToArray());
}
