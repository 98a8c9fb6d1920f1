using System.Text;
using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi.Tools;

/// <summary>A call of a tool that a model made.</summary>
/// <param name="Id">By which the tool's result names it.</param>
/// <param name="Arguments">JSON of the arguments, as the model wrote it.</param>
public sealed record ToolCall(string Id, string Name, string Arguments)
{
    private const int MaxCalls = 128;
    private static readonly JsonDocumentOptions Bounded = new() { MaxDepth = 32 };

    /// <summary>Writes it for a chat template and returns its bytes. Templates write arguments as JSON again, so they go as an object where they are one.</summary>
    internal int WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("id", Id);
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", Name);
        writer.WritePropertyName("arguments");
        WriteArguments(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
        return (2 * (Encoding.UTF8.GetByteCount(Arguments) + Encoding.UTF8.GetByteCount(Name))) + Encoding.UTF8.GetByteCount(Id) + 64;
    }

    /// <summary>The <c>tool_calls</c> of an assistant's message; none when it has none.</summary>
    internal static IReadOnlyList<ToolCall> ReadAll(JsonElement message, string at)
    {
        if (message.TryGetProperty("function_call", out var old) && old.ValueKind != JsonValueKind.Null)
        {
            throw Bad("unsupported_parameter", $"{at}.function_call is OpenAI's old form; send tool_calls.", $"{at}.function_call");
        }

        if (!message.TryGetProperty("tool_calls", out var calls) || calls.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return calls.ValueKind == JsonValueKind.Array && calls.GetArrayLength() <= MaxCalls
            ? [.. calls.EnumerateArray().Select((call, index) => Read(call, $"{at}.tool_calls[{index}]"))]
            : throw Bad("invalid_type", $"{at}.tool_calls must be an array of at most {MaxCalls} calls.", $"{at}.tool_calls");
    }

    private static ToolCall Read(JsonElement call, string at)
    {
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object)
        {
            throw Bad("invalid_value", $"{at} must be a call of a function: {{id, type, function: {{name, arguments}}}}.", at);
        }

        return new ToolCall(
            JsonBody.OptionalString(call, "id", 256, at) ?? "",
            JsonBody.OptionalString(function, "name", 64, at + ".function") ?? throw Bad("missing_required_parameter", $"{at}.function.name must be given.", $"{at}.function.name"),
            JsonBody.OptionalString(function, "arguments", int.MaxValue, at + ".function") ?? "{}");
    }

    private void WriteArguments(Utf8JsonWriter writer)
    {
        try
        {
            using var arguments = JsonDocument.Parse(Arguments, Bounded);
            if (arguments.RootElement.ValueKind == JsonValueKind.Object)
            {
                arguments.RootElement.WriteTo(writer);
                return;
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Models do write such arguments, and the conversation is the client's: they go as the text that they are.
        }

        writer.WriteStringValue(Arguments);
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
