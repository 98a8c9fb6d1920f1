using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ncn.Inference.Generation;

/// <summary>A conversation, and the tools that the model may call, as JSON for the model's own chat template.</summary>
public sealed class ChatPrompt
{
    /// <summary>Most messages in a conversation.</summary>
    public const int MaxMessages = 1024;

    /// <summary>Longest list of tools, in characters.</summary>
    public const int MaxToolCharacters = 256 * 1024;

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly JsonDocumentOptions Bounded = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    private readonly JsonArray _messages;

    private ChatPrompt(JsonArray messages, string tools)
    {
        _messages = messages;
        MessagesJson = messages.ToJsonString(Web);
        ToolsJson = tools;
    }

    /// <summary>Array of messages: each has a role and a text as content, and all else that the caller gave it.</summary>
    public string MessagesJson { get; }

    /// <summary>Array of tools; empty for none.</summary>
    public string ToolsJson { get; }

    /// <summary>True when a message of the assistant calls tools.</summary>
    public bool HasToolCalls => _messages.Any(message => message!.AsObject().ContainsKey("tool_calls"));

    /// <summary>A conversation of plain texts.</summary>
    public static ChatPrompt Of(IReadOnlyList<ChatMessage> messages) =>
        new(JsonSerializer.SerializeToNode(messages, Web)!.AsArray(), "");

    /// <summary>
    /// Reads OpenAI's form of messages and tools. A content of text parts becomes one text, and one that is missing or null an empty
    /// text, since templates join texts; every other member goes to the template as it is.
    /// </summary>
    /// <exception cref="InferenceException">Something is malformed or too large; the message says what.</exception>
    public static ChatPrompt Parse(string messagesJson, string toolsJson)
    {
        ArgumentNullException.ThrowIfNull(toolsJson);
        JsonArray messages = Array(messagesJson, "messages");
        if (messages.Count is 0 or > MaxMessages)
        {
            throw InferenceException.Invalid($"messages must be an array of 1 to {MaxMessages} messages.");
        }

        try
        {
            foreach (JsonNode? message in messages)
            {
                Normalise(message as JsonObject ?? throw InferenceException.Invalid("each message must be an object with a role and a content."));
            }

            return new ChatPrompt(messages, Tools(toolsJson));
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // Both are found only when a member is read or written again.
            throw new InferenceException(InferenceFault.InvalidRequest, "messages or tools have a text with half a surrogate pair, or a member twice.", exception);
        }
    }

    /// <summary>The same conversation with the calls taken out: what a template that does not know them makes of it.</summary>
    public ChatPrompt WithoutToolCalls()
    {
        JsonArray messages = _messages.DeepClone().AsArray();
        foreach (JsonNode? message in messages)
        {
            message!.AsObject().Remove("tool_calls");
        }

        return new ChatPrompt(messages, ToolsJson);
    }

    /// <summary>The same conversation with the tools told in its system message, for a template that knows none.</summary>
    public ChatPrompt WithToolsAsText()
    {
        JsonArray messages = _messages.DeepClone().AsArray();
        string tools = $"You can call these functions:\n{ToolsJson}";
        if (messages[0]!["role"]!.GetValue<string>() == "system")
        {
            messages[0]!["content"] = $"{messages[0]!["content"]!.GetValue<string>()}\n\n{tools}";
        }
        else
        {
            messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = tools });
        }

        return new ChatPrompt(messages, "");
    }

    private static void Normalise(JsonObject message)
    {
        if (message["role"]?.GetValueKind() != JsonValueKind.String)
        {
            throw InferenceException.Invalid("each message needs a role and a content.");
        }

        bool calls = message["tool_calls"] is JsonArray { Count: > 0 };
        if (message["tool_calls"] is null)
        {
            message.Remove("tool_calls"); // templates ask whether the member is there, not whether it is null
        }

        message["content"] = message["content"] switch
        {
            JsonArray parts => string.Concat(parts.Select(Part)),
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            null when calls || message.ContainsKey("content") => "",
            _ => throw InferenceException.Invalid("a message's content must be a text or a list of text parts."),
        };
    }

    private static string Part(JsonNode? part) => part is JsonObject text && text["text"]?.GetValueKind() == JsonValueKind.String
        ? text["text"]!.GetValue<string>()
        : throw InferenceException.Invalid("a message's content may have text parts only.");

    private static string Tools(string json)
    {
        if (json.Length == 0)
        {
            return "";
        }

        if (json.Length > MaxToolCharacters)
        {
            throw InferenceException.Invalid($"tools has {json.Length} characters; at most {MaxToolCharacters} are taken.");
        }

        JsonArray tools = Array(json, "tools");
        return tools.Count > 0 && tools.All(tool => tool is JsonObject)
            ? tools.ToJsonString(Web)
            : throw InferenceException.Invalid("tools must be a list of objects.");
    }

    private static JsonArray Array(string json, string name)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Bounded) as JsonArray ?? throw InferenceException.Invalid($"{name} must be a JSON array.");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new InferenceException(InferenceFault.InvalidRequest, $"{name} is no JSON that can be read.", exception);
        }
    }
}
