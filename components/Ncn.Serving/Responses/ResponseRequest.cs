using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Requests;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Responses;

/// <summary>A checked request for a response (OpenAI API reference, "Create a model response"). What it shares with chats is read as a chat.</summary>
/// <param name="Input">Its own items, without what came before.</param>
/// <param name="Members">The body: most of it is told again in the response.</param>
public sealed record ResponseRequest(string Model, JsonArray Input, JsonObject Members)
{
    /// <summary>Which form an answer takes.</summary>
    public const string Dialect = "response";

    public string? PreviousId => ResponseItems.Text(Members, "previous_response_id");

    public bool IsStream { get; private init; }

    public bool IsBackground { get; private init; }

    /// <summary>Who is to be told of its end.</summary>
    public WebhookWish? Webhook { get; private init; }

    /// <summary>Null when the client does not say.</summary>
    public bool? Store { get; private init; }

    /// <summary>Parses and checks a body; an <see cref="ApiException"/> names the member at fault.</summary>
    public static ResponseRequest Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonBody.Parse(body);
        var root = document.RootElement;
        RequestMembers.Refuse(root, "conversation", "prompt", "max_tool_calls");
        RequestMembers.CheckPassive(root);
        RequestMembers.OneOf(root, "truncation", "auto", "disabled");
        JsonBody.OptionalString(root, "previous_response_id", 128);
        var isBackground = JsonBody.Boolean(root, "background");
        bool? store = root.TryGetProperty("store", out var kept) && kept.ValueKind != JsonValueKind.Null ? JsonBody.Boolean(root, "store") : null;
        if (isBackground && store == false)
        {
            throw new ApiException(ApiError.BadRequest("invalid_value", "A response in the background is kept until it is asked for: leave store out, or set it to true.", "store"));
        }

        var (isStream, webhook) = (JsonBody.Boolean(root, "stream"), WebhookWish.Read(root));
        if (webhook is not null && (isStream || !isBackground))
        {
            throw new ApiException(ApiError.BadRequest("invalid_value", "A webhook tells of a response in the background that is not streamed: set background to true and leave stream out.", "webhook"));
        }

        return new ResponseRequest(JsonBody.RequiredString(root, "model"), ResponseItems.ReadInput(root), JsonObject.Create(root.Clone())!)
        {
            IsStream = isStream, Webhook = webhook, IsBackground = isBackground, Store = store,
        };
    }

    /// <summary>The chat that asks the model the same.</summary>
    /// <param name="before">The items of the conversation so far.</param>
    public ChatRequest ToChat(JsonArray before, uint defaultMaxTokens)
    {
        ArgumentNullException.ThrowIfNull(before);
        var messages = ResponseItems.ToMessages([.. before.Concat(Input).Select(static item => item!.DeepClone())]);
        if (ResponseItems.Text(Members, "instructions") is { Length: > 0 } instructions)
        {
            messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = instructions });
        }

        var chat = new JsonObject { ["messages"] = messages };
        foreach (var name in (string[])[
            "model", "temperature", "top_p", "tool_choice", "parallel_tool_calls", "seed", "stop", "top_k", "min_p", "repetition_penalty",
            "presence_penalty", "frequency_penalty", "logit_bias", "provider", "models"])
        {
            Copy(chat, name, name);
        }

        Copy(chat, "max_output_tokens", "max_completion_tokens");
        if (Members["tools"] is { } tools)
        {
            chat["tools"] = tools is JsonArray list ? new JsonArray([.. list.Select(ToChatTool)]) : tools.DeepClone();
        }

        if (Members["text"] is JsonObject text && text["format"] is { } format)
        {
            chat["response_format"] = ToChatFormat(format);
        }

        return ChatRequest.Parse(JsonSerializer.SerializeToElement(chat), defaultMaxTokens);
    }

    /// <summary>What is run.</summary>
    public Order ToOrder(ChatRequest chat, ReadOnlyMemory<byte> body) =>
        ChatEndpoint.OrderOf(chat, body) with { Dialect = Dialect, GoesOn = IsBackground, IsWhole = false };

    private void Copy(JsonObject chat, string from, string to)
    {
        if (Members[from] is { } value)
        {
            chat[to] = value.DeepClone();
        }
    }

    private static JsonNode? ToChatTool(JsonNode? tool)
    {
        if (tool is not JsonObject named || ResponseItems.Text(named, "type") != "function")
        {
            return tool?.DeepClone();
        }

        var function = named.DeepClone().AsObject();
        function.Remove("type");
        return new JsonObject { ["type"] = "function", ["function"] = function };
    }

    private static JsonNode ToChatFormat(JsonNode format)
    {
        if (format is not JsonObject named || ResponseItems.Text(named, "type") != "json_schema")
        {
            return format.DeepClone();
        }

        var schema = named.DeepClone().AsObject();
        schema.Remove("type");
        return new JsonObject { ["type"] = "json_schema", ["json_schema"] = schema };
    }
}
