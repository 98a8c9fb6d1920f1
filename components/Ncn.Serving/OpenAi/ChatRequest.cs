using System.Text;
using System.Text.Json;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi;

/// <summary>A checked chat completion request (OpenAI API reference, "Create chat completion").</summary>
/// <param name="Messages">JSON array of {role, content} with text contents.</param>
/// <param name="PromptBytes">UTF-8 bytes of all roles and contents: bounds the prompt's tokens.</param>
public sealed record ChatRequest(
    string Model, string Messages, int PromptBytes, int MessageCount, uint MaxTokens, float Temperature, float TopP,
    IReadOnlyList<string> Stop, ulong? Seed, bool Stream, bool IncludeUsage)
{
    // A chat template adds at most this many bytes for each message: role markers and line breaks.
    private const int TemplateBytesPerMessage = 32;
    private const int TemplateBytes = 64;
    private const int MaxMessages = 1024;
    private const int MaxStops = 4;

    private ChatSampling? Sampling { get; init; }

    /// <summary>The most that the request can use.</summary>
    public Usage Limit => new((uint)(PromptBytes + (TemplateBytesPerMessage * MessageCount) + TemplateBytes), MaxTokens, 0);

    /// <summary>What a node gets.</summary>
    public Input ToInput()
    {
        var generate = new GenerateInput { MessagesJson = Messages, MaxTokens = MaxTokens, Temperature = Temperature, TopP = TopP };
        generate.Stop.AddRange(Stop);
        Sampling?.WriteTo(generate);
        return new Input { Generate = generate };
    }

    /// <summary>Parses and checks a body; an <see cref="ApiException"/> names the member at fault.</summary>
    public static ChatRequest Parse(ReadOnlyMemory<byte> body, uint defaultMaxTokens)
    {
        using var document = JsonBody.Parse(body);
        var root = document.RootElement;
        RefuseUnsupported(root);
        var (messages, bytes, count) = ReadMessages(root);
        return new ChatRequest(
            JsonBody.RequiredString(root, "model"), messages, bytes, count,
            (uint)JsonBody.Integer(root, "max_completion_tokens", 1, 1_000_000, JsonBody.Integer(root, "max_tokens", 1, 1_000_000, defaultMaxTokens)),
            (float)JsonBody.Number(root, "temperature", 0, 2, 0),
            (float)JsonBody.Number(root, "top_p", 0, 1, 1),
            ReadStop(root),
            root.TryGetProperty("seed", out var seed) && seed.ValueKind != JsonValueKind.Null
                ? unchecked((ulong)JsonBody.Integer(root, "seed", long.MinValue, long.MaxValue, 0)) : null,
            JsonBody.Boolean(root, "stream"),
            root.TryGetProperty("stream_options", out var options) && options.ValueKind == JsonValueKind.Object
                && JsonBody.Boolean(options, "include_usage"))
        {
            Sampling = ChatSampling.Parse(root),
        };
    }

    private static void RefuseUnsupported(JsonElement root)
    {
        foreach (var name in (string[])["tools", "functions", "audio"])
        {
            if (root.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
                && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0))
            {
                throw Bad("unsupported_parameter", $"{name} is not supported by this gateway; leave it out.", name);
            }
        }

        if (JsonBody.Integer(root, "n", 1, 128, 1) != 1)
        {
            throw Bad("unsupported_value", "n must be 1: ask once for each answer.", "n");
        }

        if (JsonBody.Boolean(root, "logprobs"))
        {
            throw Bad("unsupported_parameter", "logprobs is not supported by this gateway; leave it out.", "logprobs");
        }
    }

    private static (string Json, int Bytes, int Count) ReadMessages(JsonElement root)
    {
        if (!root.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
        {
            throw Bad("invalid_type", "messages must be an array of {role, content}.", "messages");
        }

        var count = messages.GetArrayLength();
        if (count is 0 or > MaxMessages)
        {
            throw Bad("invalid_value", $"messages must have 1 to {MaxMessages} entries; it has {count}.", "messages");
        }

        var bytes = 0;
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            var index = 0;
            foreach (var message in messages.EnumerateArray())
            {
                bytes += WriteMessage(writer, message, index++);
            }

            writer.WriteEndArray();
        }

        return (Encoding.UTF8.GetString(buffer.ToArray()), bytes, count);
    }

    private static int WriteMessage(Utf8JsonWriter writer, JsonElement message, int index)
    {
        var at = $"messages[{index}]";
        var role = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (role is not ("system" or "developer" or "user" or "assistant"))
        {
            throw Bad("invalid_value", $"{at}.role must be system, developer, user or assistant.", at + ".role");
        }

        role = role == "developer" ? "system" : role;
        var content = ReadContent(message, at);
        writer.WriteStartObject();
        writer.WriteString("role", role);
        writer.WriteString("content", content);
        writer.WriteEndObject();
        return Encoding.UTF8.GetByteCount(role) + Encoding.UTF8.GetByteCount(content);
    }

    private static string ReadContent(JsonElement message, string at)
    {
        if (message.TryGetProperty("content", out var content))
        {
            switch (content.ValueKind)
            {
                case JsonValueKind.String:
                    return content.GetString()!;
                case JsonValueKind.Array:
                    return string.Concat(content.EnumerateArray().Select(part => ReadPart(part, at)));
            }
        }

        throw Bad("invalid_type", $"{at}.content must be text or an array of text parts.", at + ".content");
    }

    private static string ReadPart(JsonElement part, string at) =>
        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type) && type.ValueEquals("text"u8)
            && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : throw Bad("unsupported_value", $"{at}.content may hold parts of type text only.", at + ".content");

    private static string[] ReadStop(JsonElement root)
    {
        if (!root.TryGetProperty("stop", out var stop) || stop.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        var texts = stop.ValueKind switch
        {
            JsonValueKind.String => [stop.GetString()!],
            JsonValueKind.Array when stop.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String) =>
                stop.EnumerateArray().Select(static item => item.GetString()!).ToArray(),
            _ => throw Bad("invalid_type", "stop must be a string or an array of strings.", "stop"),
        };
        return texts.Length <= MaxStops && texts.All(static text => text.Length is > 0 and <= 256)
            ? texts
            : throw Bad("invalid_value", $"stop may hold at most {MaxStops} texts of 1 to 256 characters.", "stop");
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
