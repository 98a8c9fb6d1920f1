using System.Text.Json;
using Microsoft.ML.OnnxRuntimeGenAI;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Embedding;

/// <summary>The tokenizer of an embedding model's own folder. Safe to call from several threads; calls take turns.</summary>
internal sealed class EmbeddingTokenizer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Model _model;
    private readonly Tokenizer _tokenizer;

    /// <exception cref="InvalidDataException">The tokenizer's files or <c>genai_config.json</c> cannot be used.</exception>
    public EmbeddingTokenizer(string folder)
    {
        try
        {
            _model = TokenizerModel.Open(folder, isDecoder: false);
            _tokenizer = new LibraryTokenizer(_model);
            PaddingToken = Math.Max(0, _tokenizer.GetPadTokenId());
            Vocabulary = ReadVocabulary(Path.Combine(folder, "genai_config.json"));
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

    /// <summary>Number of token ids; 0 when the folder does not say.</summary>
    public int Vocabulary { get; }

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

    private static int ReadVocabulary(string file)
    {
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(file));
        return config.RootElement.TryGetProperty("model", out JsonElement model) && model.ValueKind == JsonValueKind.Object
            && model.TryGetProperty("vocab_size", out JsonElement size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int count) && count > 0
            ? count : 0;
    }

    public void Dispose()
    {
        _tokenizer.Dispose();
        _model.Dispose();
    }
}
