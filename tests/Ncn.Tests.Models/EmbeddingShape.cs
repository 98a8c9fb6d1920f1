namespace Ncn.Tests.Models;

/// <summary>How the vector of a text is made from the vectors of its tokens.</summary>
public enum EmbeddingPooling
{
    /// <summary>The mean over the text's tokens; the model's output is "last_hidden_state" [batch, tokens, width].</summary>
    Mean,

    /// <summary>The last token's vector; the output is the same.</summary>
    Last,

    /// <summary>The model does it itself (a mean): its output is "sentence_embedding" [batch, width].</summary>
    None,
}

/// <summary>Sizes of an embedding model: token and position vectors, attention in both directions, an MLP.</summary>
public sealed record EmbeddingShape
{
    /// <summary>Number of token ids, at least 260.</summary>
    public int Vocabulary { get; init; } = 320;

    public int Width { get; init; } = 16;

    /// <summary>Most tokens of one text.</summary>
    public int Context { get; init; } = 128;

    public EmbeddingPooling Pooling { get; init; } = EmbeddingPooling.Mean;

    /// <summary>Whether vectors are scaled to length 1.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Most texts in one request.</summary>
    public int MaxBatch { get; init; } = 16;

    /// <summary>Chooses the weights.</summary>
    public ulong Seed { get; init; } = 1;
}
