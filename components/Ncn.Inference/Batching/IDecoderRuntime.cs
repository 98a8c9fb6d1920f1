namespace Ncn.Inference.Batching;

/// <summary>
/// A decoder with a key-value memory of fixed slots. A slot is one sequence; a decoding step runs over the slots 0 to n-1.
/// Not safe for several threads, but for reading logits.
/// </summary>
internal interface IDecoderRuntime : IDisposable
{
    /// <summary>Sequences that fit into memory.</summary>
    int Slots { get; }

    /// <summary>Tokens of one sequence.</summary>
    int Length { get; }

    /// <summary>Tokens of a prompt's prefill at most.</summary>
    int ChunkTokens { get; }

    /// <summary>Tokens of any prefill at most, a multiple of <see cref="ChunkTokens"/>: for rows that nobody takes over from.</summary>
    int LongRunTokens { get; }

    /// <summary>False when a prefill yields the logits of its last token only.</summary>
    bool HasChunkLogits { get; }

    /// <summary>False when keys and values cannot be moved between slots (they lie on a device).</summary>
    bool MovesSlots { get; }

    /// <summary>Tokens that prompts computed together may have, each counted as long as the longest; 0 when prompts are computed one by one.</summary>
    int TogetherTokens { get; }

    /// <summary>Puts up to <see cref="LongRunTokens"/> tokens into a slot, the first at position <paramref name="start"/>.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="start">The first one's position; what is before it is there already.</param>
    /// <param name="looksFrom">The first of these tokens whose logits are wanted; those of the last are always there.</param>
    void Prefill(int slot, ReadOnlySpan<int> tokens, int start, int looksFrom);

    /// <summary>Puts whole prompts into neighbouring slots. Shorter ones are filled up to the longest, behind their end, where their next tokens go.</summary>
    void PrefillTogether(int firstSlot, ReadOnlySpan<WholePrompt> prompts);

    /// <summary>After <see cref="PrefillTogether"/>: <see cref="Logits"/> are those of this prompt's tokens.</summary>
    void LookAt(int prompt);

    /// <summary>One token for each of the slots 0 to n-1, at the given positions.</summary>
    void Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions);

    /// <summary>The logits of the last call: of a row after a decoding step, of a token that is looked at after a prefill. Valid until the next call; may be overwritten.</summary>
    Span<float> Logits(int index);

    /// <summary>Copies the first <paramref name="tokens"/> tokens of a slot.</summary>
    void Copy(int from, int to, int tokens);

    /// <summary>Exchanges the first <paramref name="tokens"/> tokens of two slots.</summary>
    void Swap(int first, int second, int tokens);
}

/// <summary>A prompt that is computed in one piece.</summary>
/// <param name="Tokens">All of it.</param>
/// <param name="LooksFrom">The first of its tokens whose logits are wanted; those of the last are always there.</param>
internal readonly record struct WholePrompt(ReadOnlyMemory<int> Tokens, int LooksFrom);
