using System.Numerics;

namespace Ncn.Inference.Generation.Sampling;

/// <summary>The tokens that may come next: one bit for each id of the vocabulary. Not changed once it is built.</summary>
public sealed class TokenMask
{
    private readonly ulong[] _words;

    private TokenMask(int vocabulary, ulong[] words) => (Vocabulary, _words) = (vocabulary, words);

    /// <summary>Number of token ids; none beyond is allowed.</summary>
    public int Vocabulary { get; }

    /// <summary>How many tokens are allowed.</summary>
    public int Count => _words.Sum(BitOperations.PopCount);

    /// <summary>Whether a token may come next.</summary>
    public bool Allows(int token) => (uint)token < (uint)Vocabulary && (_words[token >> 6] >> (token & 63) & 1) != 0;

    /// <summary>The mask of some tokens; ids outside the vocabulary are left out.</summary>
    public static TokenMask Of(int vocabulary, IEnumerable<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var words = new ulong[(vocabulary + 63) / 64];
        foreach (int token in tokens.Where(token => (uint)token < (uint)vocabulary))
        {
            words[token >> 6] |= 1UL << (token & 63);
        }

        return new TokenMask(vocabulary, words);
    }

    /// <summary>Gives the logits of all other tokens the value minus infinity.</summary>
    internal void Apply(Span<float> logits)
    {
        int known = Math.Min(logits.Length, Vocabulary);
        logits[known..].Fill(float.NegativeInfinity);
        for (int start = 0; start < known; start += 64)
        {
            ulong word = _words[start >> 6];
            Span<float> part = logits[start..Math.Min(start + 64, known)];
            if (word == 0)
            {
                part.Fill(float.NegativeInfinity);
            }
            else if (word != ulong.MaxValue)
            {
                Clear(part, word);
            }
        }
    }

    private static void Clear(Span<float> part, ulong word)
    {
        for (int i = 0; i < part.Length; i++)
        {
            if ((word >> i & 1) == 0)
            {
                part[i] = float.NegativeInfinity;
            }
        }
    }
}
