using System.Text.Json;

namespace Ncn.Inference.Generation;

/// <summary>What the engine needs to know from a model's <c>genai_config.json</c> (the ONNX Runtime GenAI format).</summary>
/// <param name="ContextTokens">Longest sequence, prompt and answer together, in tokens.</param>
/// <param name="Vocabulary">Number of token ids.</param>
/// <param name="Graph">The decoder's file and the names in it.</param>
public sealed record DecoderConfig(int ContextTokens, int Vocabulary, DecoderGraph Graph)
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
            return new DecoderConfig(
                Bounded(model, "context_length"), Bounded(model, "vocab_size"), DecoderGraph.Read(model.GetProperty("decoder")));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"genai_config.json cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>A number from 1 to 2^24: more layers, heads or tokens than that are a mistake or an attack.</summary>
    internal static int Bounded(JsonElement owner, string name)
    {
        int value = owner.GetProperty(name).GetInt32();
        return value is > 0 and <= 1 << 24 ? value : throw new FormatException($"{name} is {value}, and must be 1 to {1 << 24}");
    }
}

/// <summary>The decoder's ONNX file, its sizes, and the names of its inputs and outputs; <c>%d</c> in a name stands for the layer.</summary>
/// <param name="FileName">The file, beside the configuration.</param>
/// <param name="Layers">Attention layers.</param>
/// <param name="KeyValueHeads">Heads of keys and values in a layer.</param>
/// <param name="HeadSize">Numbers in a key or value of one head and token.</param>
public sealed record DecoderGraph(string FileName, int Layers, int KeyValueHeads, int HeadSize)
{
    public required string InputIds { get; init; }

    public required string AttentionMask { get; init; }

    /// <summary>The positions of the input tokens; graphs that turn keys inside the attention have no such input.</summary>
    public required string PositionIds { get; init; }

    public required string PastKey { get; init; }

    public required string PastValue { get; init; }

    public required string Logits { get; init; }

    public required string PresentKey { get; init; }

    public required string PresentValue { get; init; }

    /// <summary>A pattern's name for a layer.</summary>
    public static string Name(string pattern, int layer) =>
        pattern.Replace("%d", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Reads <c>model.decoder</c>; names that are not given are those that GenAI assumes.</summary>
    internal static DecoderGraph Read(JsonElement decoder)
    {
        string file = Text(decoder, "filename", "model.onnx");
        if (file != Path.GetFileName(file) || file is "" or "." or ".." || file.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException("model.decoder.filename must name a file beside genai_config.json");
        }

        JsonElement? inputs = Member(decoder, "inputs");
        JsonElement? outputs = Member(decoder, "outputs");
        return new DecoderGraph(
            file, DecoderConfig.Bounded(decoder, "num_hidden_layers"), DecoderConfig.Bounded(decoder, "num_key_value_heads"), DecoderConfig.Bounded(decoder, "head_size"))
        {
            InputIds = Text(inputs, "input_ids", "input_ids"),
            AttentionMask = Text(inputs, "attention_mask", "attention_mask"),
            PositionIds = Text(inputs, "position_ids", "position_ids"),
            PastKey = Text(inputs, "past_key_names", "past_key_values.%d.key"),
            PastValue = Text(inputs, "past_value_names", "past_key_values.%d.value"),
            Logits = Text(outputs, "logits", "logits"),
            PresentKey = Text(outputs, "present_key_names", "present.%d.key"),
            PresentValue = Text(outputs, "present_value_names", "present.%d.value"),
        };
    }

    private static JsonElement? Member(JsonElement owner, string name) => owner.TryGetProperty(name, out JsonElement value) ? value : null;

    private static string Text(JsonElement? owner, string name, string fallback) =>
        owner is { } present && Member(present, name) is { } value ? value.GetString() ?? fallback : fallback;
}
