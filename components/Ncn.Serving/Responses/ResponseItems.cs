using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Responses;

/// <summary>Items of the Responses API as messages of a chat, and back (OpenAI API reference, "Responses").</summary>
internal static class ResponseItems
{
    private const int MaxItems = 1024;

    /// <summary>The input's items, a plain text made into one; each gets an id where it has none.</summary>
    public static JsonArray ReadInput(JsonElement root)
    {
        var items = new JsonArray();
        if (!root.TryGetProperty("input", out var input))
        {
            throw Bad("missing_required_parameter", "input must be text or an array of items.", "input");
        }

        if (input.ValueKind == JsonValueKind.String)
        {
            items.Add(Message("user", input.GetString()!));
        }
        else if (input.ValueKind == JsonValueKind.Array && input.GetArrayLength() is > 0 and <= MaxItems)
        {
            foreach (var item in input.EnumerateArray())
            {
                items.Add(item.ValueKind == JsonValueKind.Object ? JsonObject.Create(item.Clone()) : throw Bad("invalid_type", "input must hold objects.", "input"));
            }
        }
        else
        {
            throw Bad("invalid_type", $"input must be text or an array of 1 to {MaxItems} items.", "input");
        }

        return items;
    }

    /// <summary>Gives every item an id that is the same each time.</summary>
    public static void Name(JsonArray items, string response)
    {
        for (var index = 0; index < items.Count; index++)
        {
            var item = items[index]!.AsObject();
            item["type"] ??= "message";
            item["id"] ??= $"{(Text(item, "type") == "message" ? "msg" : "item")}_{response[5..21]}{index:x4}";
        }
    }

    /// <summary>The messages of a chat that say the same. Calls that stand together are one message.</summary>
    public static JsonArray ToMessages(JsonArray items)
    {
        var messages = new JsonArray();
        foreach (var (item, index) in items.Select(static (item, index) => (item!.AsObject(), index)))
        {
            switch (Text(item, "type") ?? "message")
            {
                case "message":
                    messages.Add(new JsonObject { ["role"] = item["role"]?.DeepClone(), ["content"] = item["content"]?.DeepClone() });
                    break;
                case "function_call":
                    AddCall(messages, item);
                    break;
                case "function_call_output":
                    messages.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = item["call_id"]?.DeepClone(), ["content"] = item["output"]?.DeepClone() });
                    break;
                case "reasoning":
                    break;
                case var type:
                    throw Bad("unsupported_value", $"input[{index}] has the type {type}; a model here reads messages, function_call and function_call_output.", $"input[{index}].type");
            }
        }

        return messages;
    }

    public static JsonObject Message(string role, string text) => new()
    {
        ["type"] = "message", ["role"] = role, ["content"] = new JsonArray(new JsonObject { ["type"] = "input_text", ["text"] = text }),
    };

    public static string? Text(JsonObject item, string name) => item[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static void AddCall(JsonArray messages, JsonObject item)
    {
        var call = new JsonObject
        {
            ["id"] = item["call_id"]?.DeepClone(),
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = item["name"]?.DeepClone(), ["arguments"] = item["arguments"]?.DeepClone() },
        };
        if (messages.Count > 0 && messages[^1]!["tool_calls"] is JsonArray calls)
        {
            calls.Add(call);
        }
        else
        {
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = null, ["tool_calls"] = new JsonArray(call) });
        }
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
