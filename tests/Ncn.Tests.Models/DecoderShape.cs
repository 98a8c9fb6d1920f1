namespace Ncn.Tests.Models;

/// <summary>Sizes of a decoder, a Llama: RMS norms, rotary positions, grouped keys and values, gated MLP.</summary>
public sealed record DecoderShape
{
    /// <summary>Number of token ids: 256 bytes, merges, and the four special ones at the end; at least 260.</summary>
    public int Vocabulary { get; init; } = 320;

    public int Width { get; init; } = 32;

    public int Layers { get; init; } = 2;

    public int Heads { get; init; } = 4;

    public int KeyValueHeads { get; init; } = 2;

    /// <summary>A multiple of 16, as GroupQueryAttention wants it with rotation.</summary>
    public int HeadSize { get; init; } = 16;

    /// <summary>Inner width of the MLP.</summary>
    public int Hidden { get; init; } = 64;

    /// <summary>Longest sequence, prompt and answer together.</summary>
    public int Context { get; init; } = 256;

    /// <summary>Chooses the weights.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>A decoder that loads in milliseconds, for tests.</summary>
    public static DecoderShape Tiny { get; } = new();

    /// <summary>27.0 million parameters, for benchmarks.</summary>
    public static DecoderShape Benchmark { get; } = new()
    {
        Vocabulary = 4096, Width = 512, Layers = 8, Heads = 8, KeyValueHeads = 4, HeadSize = 64, Hidden = 1344, Context = 1024,
    };

    /// <summary>Weights in all, embeddings and norms included.</summary>
    public long Parameters => 2L * Vocabulary * Width + Width + Layers * (2L * Width + ProjectionWidth * (long)Width + Heads * HeadSize * (long)Width + 3L * Width * Hidden);

    internal int EndOfText => Vocabulary - 4;

    internal int TurnEnd => Vocabulary - 2;

    /// <summary>Queries, keys and values side by side.</summary>
    internal int ProjectionWidth => (Heads + 2 * KeyValueHeads) * HeadSize;
}
