using System.Text.Json;

namespace Ncn.Inference.Generation;

/// <summary>What the engine needs to know from a model's <c>genai_config.json</c> (the ONNX Runtime GenAI format).</summary>
/// <param name="ContextTokens">Longest sequence, prompt and answer together, in tokens.</param>
/// <param name="Vocabulary">Number of token ids.</param>
public sealed record DecoderConfig(int ContextTokens, int Vocabulary)
{
    private const long MaxBytes = 1 << 20;

    /// <summary>Reads <c>genai_config.json</c> in the folder.</summary>
    /// <exception cref="InvalidDataException">The file is too large, is no JSON, or lacks a member; the message says which.</exception>
    public static DecoderConfig Read(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, "genai_config.json"));
        if (!file.Exists || file.Length > MaxBytes)
        {
            throw new InvalidDataException($"genai_config.json is missing or larger than {MaxBytes} bytes");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            JsonElement model = document.RootElement.GetProperty("model");
            return new DecoderConfig(Positive(model, "context_length"), Positive(model, "vocab_size"));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"genai_config.json cannot be used: {exception.Message}", exception);
        }
    }

    private static int Positive(JsonElement model, string name)
    {
        int value = model.GetProperty(name).GetInt32();
        return value > 0 ? value : throw new FormatException($"model.{name} is {value}");
    }
}
