using Microsoft.ML.OnnxRuntimeGenAI;

namespace Ncn.Inference.Embedding;

/// <summary>The tokenizer of an embedding model's own folder. Safe to call from several threads; calls take turns.</summary>
/// <remarks>
/// ONNX Runtime GenAI makes a tokenizer only together with a decoder's weights, and knows no embedding models. So it is told that the
/// folder holds a decoder whose weights are a graph of one node, which is given to it from memory.
/// </remarks>
internal sealed class EmbeddingTokenizer : IDisposable
{
    private const string StandIn = "tokenizer-only.onnx";
    private const string Overlay = $$"""{"model":{"type":"llama","decoder":{"filename":"{{StandIn}}"} } }""";

    /// <summary>The library keeps the address and not the bytes, so they must never move nor go.</summary>
    private static readonly byte[] StandInGraph = Pinned(OneNode());

    private readonly Lock _gate = new();
    private readonly Model _model;
    private readonly Tokenizer _tokenizer;

    /// <exception cref="InvalidDataException">The tokenizer's files or <c>genai_config.json</c> cannot be used.</exception>
    public EmbeddingTokenizer(string folder)
    {
        try
        {
            using var config = new Config(folder);
            config.ClearProviders();
            config.Overlay(Overlay);
            config.AddModelData(StandIn, StandInGraph);
            _model = new Model(config);
            _tokenizer = new Tokenizer(_model);
            PaddingToken = Math.Max(0, _tokenizer.GetPadTokenId());
        }
        catch (OnnxRuntimeGenAIException exception)
        {
            _tokenizer?.Dispose();
            _model?.Dispose();
            throw new InvalidDataException($"ONNX Runtime GenAI cannot load the tokenizer: {exception.Message}", exception);
        }
    }

    /// <summary>What a text is filled up with; the mask hides it.</summary>
    public int PaddingToken { get; }

    /// <exception cref="InferenceException">The text contains a NUL, to which the native side reads and no further.</exception>
    public int[] Encode(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw InferenceException.Invalid("a text contains a NUL character");
        }

        lock (_gate)
        {
            using Sequences sequences = _tokenizer.Encode(text);
            return sequences[0].ToArray();
        }
    }

    public void Dispose()
    {
        _tokenizer.Dispose();
        _model.Dispose();
    }

    private static byte[] Pinned(byte[] bytes)
    {
        byte[] pinned = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(pinned, 0);
        return pinned;
    }

    /// <summary>An ONNX model, "input_ids" to "logits", int64 [1], in protobuf form: IR version 8, operator set 17, one Identity.</summary>
    private static byte[] OneNode() =>
    [
        0x08, 8,
        0x3A, 81,
        0x0A, 29, 0x0A, 9, .. "input_ids"u8, 0x12, 6, .. "logits"u8, 0x22, 8, .. "Identity"u8, // node
        0x12, 1, .. "t"u8, // graph's name
        0x5A, 23, 0x0A, 9, .. "input_ids"u8, 0x12, 10, 0x0A, 8, 0x08, 7, 0x12, 4, 0x0A, 2, 0x08, 1, // input
        0x62, 20, 0x0A, 6, .. "logits"u8, 0x12, 10, 0x0A, 8, 0x08, 7, 0x12, 4, 0x0A, 2, 0x08, 1, // output
        0x42, 4, 0x0A, 0, 0x10, 17,
    ];
}
