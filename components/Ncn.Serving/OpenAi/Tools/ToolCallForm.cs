using System.Text.Json;

namespace Ncn.Serving.OpenAi.Tools;

/// <summary>Reads the JSON in which models write calls.</summary>
/// <remarks>
/// Hermes and Qwen: <c>{"name", "arguments"}</c>; Llama 3: <c>{"name", "parameters"}</c> or <c>{"type": "function", "function": name,
/// "parameters"}</c>; Mistral: an array of <c>{"name", "arguments"}</c>; some: <c>{"function": {"name", "arguments"}}</c>.
/// </remarks>
internal static class ToolCallForm
{
    // How a call can begin, white space left out.
    private static readonly string[] Openings = ["{\"name\"", "{\"type\"", "{\"function\"", "{\"arguments\"", "{\"parameters\"", "{\"id\""];
    private const int LongestOpening = 16;
    private static readonly JsonDocumentOptions Bounded = new() { MaxDepth = 32 };

    /// <summary>False as soon as a JSON text that has begun can be no call any more.</summary>
    public static bool CanBecomeCall(ReadOnlySpan<char> begun)
    {
        Span<char> tight = stackalloc char[LongestOpening];
        var length = 0;
        foreach (var letter in begun)
        {
            if (length == LongestOpening)
            {
                break;
            }

            if (!char.IsWhiteSpace(letter))
            {
                tight[length++] = letter;
            }
        }

        var head = tight[..length];
        head = head is ['[', ..] ? head[1..] : head;
        foreach (var opening in Openings)
        {
            var shared = Math.Min(opening.Length, head.Length);
            if (head[..shared].SequenceEqual(opening.AsSpan(0, shared)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The calls of a whole JSON text; null when it is none, or calls what was not offered.</summary>
    public static IReadOnlyList<(string Name, string Arguments)>? Read(string json, IReadOnlySet<string> offered)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Bounded);
            var root = document.RootElement;
            var calls = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray().Select(ReadOne)] : (IReadOnlyList<(string?, string)>)[ReadOne(root)];
            return calls.Count > 0 && calls.All(call => call.Item1 is { } name && offered.Contains(name)) ? [.. calls.Select(static call => (call.Item1!, call.Item2))] : null;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Models do write such JSON; it is then what it is, a text.
            return null;
        }
    }

    private static (string? Name, string Arguments) ReadOne(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object)
        {
            return (null, "");
        }

        if (call.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object)
        {
            return ReadOne(function);
        }

        var name = call.TryGetProperty("name", out var given) ? given : function;
        return (name.ValueKind == JsonValueKind.String ? name.GetString() : null, ArgumentsOf(call));
    }

    private static string ArgumentsOf(JsonElement call)
    {
        var found = call.TryGetProperty("arguments", out var arguments) || call.TryGetProperty("parameters", out arguments);
        return !found || arguments.ValueKind == JsonValueKind.Null ? "{}"
            : arguments.ValueKind == JsonValueKind.String ? arguments.GetString()! : arguments.GetRawText();
    }
}
