using System.Runtime.InteropServices;

namespace Ncn.Inference.Generation.Sampling;

/// <summary>Which tokens the prompt and the completion have, and how often the completion has them: what penalties look at.</summary>
public sealed class TokenHistory
{
    private readonly Dictionary<int, int> _places = [];
    private readonly List<Seen> _seen = [];

    /// <param name="prompt">The prompt's tokens: they count for the repetition penalty alone.</param>
    public TokenHistory(ReadOnlySpan<int> prompt)
    {
        foreach (int token in prompt)
        {
            Place(token);
        }
    }

    /// <summary>Each token once, in the order in which it was first seen.</summary>
    internal ReadOnlySpan<Seen> Tokens => CollectionsMarshal.AsSpan(_seen);

    /// <summary>Takes the completion's next token.</summary>
    public void Add(int token)
    {
        int place = Place(token);
        _seen[place] = new Seen(token, _seen[place].InCompletion + 1);
    }

    private int Place(int token)
    {
        ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, token, out bool known);
        if (!known)
        {
            place = _seen.Count;
            _seen.Add(new Seen(token, 0));
        }

        return place;
    }

    internal readonly record struct Seen(int Token, int InCompletion);
}
