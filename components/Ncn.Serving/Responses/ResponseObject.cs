using System.Text.Json.Nodes;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Responses;

/// <summary>The response object (OpenAI API reference, "The response object"). What NCN adds is in <c>ncn</c> and <c>usage.cost</c>.</summary>
internal static class ResponseObject
{
    private const string Prefix = "resp_";

    public static string IdOf(RequestId request) => Prefix + request.ToString()[2..];

    /// <summary>Null for what cannot be a response's id.</summary>
    public static RequestId? Read(string id) =>
        id.StartsWith(Prefix, StringComparison.Ordinal) && Hex.TryParse<RequestId>("0x" + id[Prefix.Length..], out var request) ? request : null;

    /// <summary>A response without output, in whatever state.</summary>
    public static JsonObject Of(AnswerContext context, JsonObject members, string status)
    {
        var told = new JsonObject
        {
            ["id"] = IdOf(context.Request),
            ["object"] = "response",
            ["created_at"] = context.Created,
            ["status"] = status,
            ["background"] = members["background"]?.DeepClone() ?? false,
            ["error"] = null,
            ["incomplete_details"] = null,
        };
        foreach (var (name, fallback) in Told())
        {
            told[name] = members[name]?.DeepClone() ?? fallback;
        }

        told["output"] = new JsonArray();
        told["usage"] = null;
        return told;
    }

    /// <summary>The end of a run is told in the response.</summary>
    public static void End(JsonObject response, RunPart.Finished end, JsonArray output, AnswerCost cost)
    {
        var status = end.FinishReason switch { "length" => "incomplete", "cancelled" => "cancelled", _ => "completed" };
        response["status"] = status;
        response["incomplete_details"] = status == "incomplete" ? new JsonObject { ["reason"] = "max_output_tokens" } : null;
        response["output"] = output;
        response["usage"] = new JsonObject
        {
            ["input_tokens"] = end.PromptTokens,
            ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
            ["output_tokens"] = end.CompletionTokens,
            ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
            ["total_tokens"] = end.PromptTokens + end.CompletionTokens,
            ["cost"] = cost.Amount.ToString(),
        };
        response["ncn"] = Evidence.Of(end, cost.Amount, cost.Settlement).ToJson();
    }

    /// <summary>A failure is told in the response.</summary>
    public static void Fail(JsonObject response, string code, string message)
    {
        response["status"] = code == "request_cancelled" ? "cancelled" : "failed";
        response["error"] = code == "request_cancelled" ? null : new JsonObject { ["code"] = code, ["message"] = message };
    }

    private static IEnumerable<(string Name, JsonNode? Fallback)> Told() =>
    [
        ("instructions", null), ("max_output_tokens", null), ("model", null), ("parallel_tool_calls", true), ("previous_response_id", null),
        ("reasoning", new JsonObject { ["effort"] = null, ["summary"] = null }), ("service_tier", "default"), ("store", true),
        ("temperature", 0), ("text", new JsonObject { ["format"] = new JsonObject { ["type"] = "text" } }), ("tool_choice", "auto"),
        ("tools", new JsonArray()), ("top_p", 1), ("truncation", "disabled"), ("user", null), ("metadata", new JsonObject()),
    ];
}
