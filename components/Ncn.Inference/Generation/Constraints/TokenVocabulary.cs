using System.Buffers;
using System.Text;

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

    /// <summary>True when a text is nothing but its tokens' bytes, so that <see cref="Decode"/> can be used.</summary>
    public bool IsByteLevel { get; init; }

    /// <summary>Number of token ids.</summary>
    public int Count => _bytes.Length;

    internal Lazy<TokenTrie> Trie { get; }

    /// <summary>A token's bytes, which need not be whole characters; the name of a special token.</summary>
    public ReadOnlyMemory<byte> Bytes(int token) => (uint)token < (uint)_bytes.Length ? _bytes[token] : default;

    /// <summary>The text of tokens: special ones have none, and bytes that form no character come out as U+FFFD.</summary>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var bytes = new ArrayBufferWriter<byte>(16);
        foreach (int token in tokens)
        {
            if (!IsSpecial(token))
            {
                bytes.Write(Bytes(token).Span);
            }
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>True for a token that is no text.</summary>
    public bool IsSpecial(int token) => (uint)token < (uint)_special.Length && _special[token];
}
