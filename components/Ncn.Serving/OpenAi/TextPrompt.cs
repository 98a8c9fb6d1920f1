using System.Text;
using System.Text.Json;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi;

/// <summary>A text as its characters or as token ids.</summary>
/// <param name="Text">Null when it is given as tokens.</param>
public sealed record TextPrompt(string? Text, IReadOnlyList<int> Tokens)
{
    // What a tokenizer may put around a text.
    private const int FramingTokens = 8;

    /// <summary>More tokens than it can have: no token is shorter than a byte.</summary>
    public uint TokenBound => (uint)((Text is null ? Tokens.Count : Encoding.UTF8.GetByteCount(Text)) + FramingTokens);

    /// <summary>Reads a member that holds a text, an array of texts, an array of token ids or an array of such arrays.</summary>
    public static IReadOnlyList<TextPrompt> ReadAll(JsonElement root, string name, int most)
    {
        if (!root.TryGetProperty(name, out var value))
        {
            throw Bad("missing_required_parameter", $"{name} must be given: a text, an array of texts, or token ids.", name);
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => [OfText(value.GetString()!, name)],
            JsonValueKind.Array when value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number => [OfTokens(value, name)],
            JsonValueKind.Array when value.GetArrayLength() is > 0 and var count && count <= most => [.. value.EnumerateArray().Select(item => ReadOne(item, name))],
            JsonValueKind.Array => throw Bad("invalid_value", $"{name} must have 1 to {most} entries; it has {value.GetArrayLength()}.", name),
            _ => throw Bad("invalid_type", $"{name} must be a text, an array of texts, or token ids.", name),
        };
    }

    /// <summary>As the prompt of a generation.</summary>
    public void WriteTo(GenerateInput generate)
    {
        ArgumentNullException.ThrowIfNull(generate);
        generate.Prompt = Text ?? "";
        generate.PromptTokens.AddRange(Tokens);
    }

    private static TextPrompt ReadOne(JsonElement item, string name) => item.ValueKind switch
    {
        JsonValueKind.String => OfText(item.GetString()!, name),
        JsonValueKind.Array => OfTokens(item, name),
        _ => throw Bad("invalid_type", $"{name} must hold texts, or arrays of token ids.", name),
    };

    private static TextPrompt OfText(string text, string name) => text.Length > 0
        ? new TextPrompt(text, [])
        : throw Bad("invalid_value", $"{name} must not be an empty text.", name);

    private static TextPrompt OfTokens(JsonElement tokens, string name)
    {
        var ids = new int[tokens.GetArrayLength()];
        var at = 0;
        foreach (var token in tokens.EnumerateArray())
        {
            ids[at++] = token.ValueKind == JsonValueKind.Number && token.TryGetInt32(out var id) && id >= 0
                ? id
                : throw Bad("invalid_type", $"{name} must hold token ids, whole numbers from 0.", name);
        }

        return ids.Length > 0 ? new TextPrompt(null, ids) : throw Bad("invalid_value", $"{name} must not be an empty array.", name);
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
