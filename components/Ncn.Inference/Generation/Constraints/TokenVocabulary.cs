namespace Ncn.Inference.Generation.Constraints;

/// <summary>The bytes of each token of a model.</summary>
public sealed class TokenVocabulary
{
    private readonly byte[][] _bytes;
    private readonly bool[] _special;

    /// <param name="bytes">For each id the bytes that it stands for; empty when unknown, or for a token that is never shown.</param>
    /// <param name="special">Ids of tokens that steer the model and are not part of a text, though they have a name.</param>
    public TokenVocabulary(IReadOnlyList<byte[]> bytes, IEnumerable<int> special)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentNullException.ThrowIfNull(special);
        _bytes = [.. bytes];
        _special = new bool[_bytes.Length];
        foreach (int token in special)
        {
            _special[token] = true;
        }

        Trie = new Lazy<TokenTrie>(() => new TokenTrie(this));
    }

    /// <summary>Number of token ids.</summary>
    public int Count => _bytes.Length;

    internal Lazy<TokenTrie> Trie { get; }

    /// <summary>A token's bytes, which need not be whole characters; the name of a special token.</summary>
    public ReadOnlyMemory<byte> Bytes(int token) => (uint)token < (uint)_bytes.Length ? _bytes[token] : default;

    /// <summary>True for a token that is no text.</summary>
    public bool IsSpecial(int token) => (uint)token < (uint)_special.Length && _special[token];
}
