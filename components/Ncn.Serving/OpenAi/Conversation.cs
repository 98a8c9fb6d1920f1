using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Tools;

namespace Ncn.Serving.OpenAi;

/// <summary>
/// A conversation on its way to a node: messages of OpenAI's form, checked, as JSON for the model's own chat template. Bytes and messages
/// are counted, because they bound the prompt's tokens.
/// </summary>
public sealed class Conversation
{
    /// <summary>Most messages in one conversation.</summary>
    public const int MaxMessages = 1024;

    // A chat template adds at most this many bytes for each message: role markers and line breaks.
    private const int TemplateBytesPerMessage = 32;
    private const int TemplateBytes = 64;
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _json = new();

    /// <summary>Messages so far.</summary>
    public int Count { get; private set; }

    /// <summary>UTF-8 bytes of all roles and contents.</summary>
    public int Bytes { get; private set; }

    /// <summary>JSON array of the messages.</summary>
    public string Json => $"[{Encoding.UTF8.GetString(_json.WrittenSpan)}]";

    /// <summary>More tokens than a prompt of these messages can have: no token is shorter than a byte.</summary>
    public uint TokenBound => (uint)(Bytes + (TemplateBytesPerMessage * Count) + TemplateBytes);

    /// <summary>A message of text. A role "developer" is the system's under its newer name.</summary>
    public void AddText(string role, string content, string? name = null)
    {
        using var writer = Begin(role == "developer" ? "system" : role);
        WriteContent(writer, content);
        if (name is not null)
        {
            writer.WriteString("name", name);
            Bytes += Encoding.UTF8.GetByteCount(name);
        }

        writer.WriteEndObject();
    }

    /// <summary>A message in which the assistant called tools.</summary>
    public void AddCalls(string content, IReadOnlyList<ToolCall> calls)
    {
        ArgumentNullException.ThrowIfNull(calls);
        using var writer = Begin("assistant");
        WriteContent(writer, content);
        writer.WriteStartArray("tool_calls");
        foreach (var call in calls)
        {
            Bytes += call.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>A message with what a tool gave.</summary>
    public void AddToolResult(string callId, string content)
    {
        using var writer = Begin("tool");
        WriteContent(writer, content);
        writer.WriteString("tool_call_id", callId);
        Bytes += Encoding.UTF8.GetByteCount(callId);
        writer.WriteEndObject();
    }

    /// <summary>Reads <c>messages</c>; an <see cref="ApiException"/> names the member at fault.</summary>
    public static Conversation Read(JsonElement root)
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

        var conversation = new Conversation();
        foreach (var message in messages.EnumerateArray())
        {
            conversation.Add(message, $"messages[{conversation.Count}]");
        }

        return conversation;
    }

    /// <summary>The text of a content: a string or an array of text parts. Of an assistant's message parts of type refusal count too.</summary>
    /// <param name="at">Where it stands, for the error.</param>
    public static string ReadText(JsonElement content, string at) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => ReadPart(part, at))),
        _ => throw Bad("invalid_type", $"{at} must be text or an array of text parts.", at),
    };

    private void Add(JsonElement message, string at)
    {
        switch (Role(message, at))
        {
            case "assistant" when ToolCall.ReadAll(message, at) is { Count: > 0 } calls:
                AddCalls(message.TryGetProperty("content", out var said) && said.ValueKind != JsonValueKind.Null ? ReadText(said, at + ".content") : "", calls);
                break;
            case "tool":
                AddToolResult(JsonBody.OptionalString(message, "tool_call_id", 256, at) ?? throw Bad(
                    "missing_required_parameter", $"{at}.tool_call_id must name the call that the message answers.", at + ".tool_call_id"), Content(message, at));
                break;
            case var role:
                AddText(role, Content(message, at), JsonBody.OptionalString(message, "name", 256, at));
                break;
        }
    }

    private static string Role(JsonElement message, string at)
    {
        var role = message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;
        return role is "system" or "developer" or "user" or "assistant" or "tool"
            ? role
            : throw Bad("invalid_value", $"{at}.role must be system, developer, user, assistant or tool.", at + ".role");
    }

    // An assistant that refused has its words in a member of their own.
    private static string Content(JsonElement message, string at) =>
        message.TryGetProperty("content", out var content) && content.ValueKind != JsonValueKind.Null ? ReadText(content, at + ".content")
        : message.TryGetProperty("refusal", out var refusal) && refusal.ValueKind == JsonValueKind.String ? refusal.GetString()!
        : throw Bad("invalid_type", $"{at}.content must be text or an array of text parts.", at + ".content");

    private static string ReadPart(JsonElement part, string at)
    {
        var type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        var member = type switch { "text" or "input_text" or "output_text" => "text", "refusal" => "refusal", _ => null };
        return member is not null && part.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : throw Bad("unsupported_value", $"{at} may hold parts of text only: no model here takes images, sound or files.", at);
    }

    private Utf8JsonWriter Begin(string role)
    {
        if (Count++ > 0)
        {
            _json.Write(","u8);
        }

        var writer = new Utf8JsonWriter(_json, Plain);
        writer.WriteStartObject();
        writer.WriteString("role", role);
        Bytes += Encoding.UTF8.GetByteCount(role);
        return writer;
    }

    private void WriteContent(Utf8JsonWriter writer, string content)
    {
        writer.WriteString("content", content);
        Bytes += Encoding.UTF8.GetByteCount(content);
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
