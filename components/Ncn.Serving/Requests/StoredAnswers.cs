using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Requests;

/// <summary>Answers that can be given again.</summary>
internal static class StoredAnswers
{
    public static Dictionary<string, string> Headers(RequestId request, TokenAmount cost, SettlementResponse? settlement)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["x-ncn-request-id"] = request.ToString(),
            ["x-ncn-cost"] = cost.ToString(),
        };
        if (settlement is not null)
        {
            headers[X402Header.Response] = X402Header.Encode(settlement);
            headers[X402Header.ResponseV1] = headers[X402Header.Response];
        }

        return headers;
    }

    public static Task WriteAsync(HttpContext http, StoredAnswer answer)
    {
        http.Response.StatusCode = answer.StatusCode;
        http.Response.ContentType = "application/json";
        foreach (var (name, value) in answer.Headers)
        {
            http.Response.Headers[name] = value;
        }

        return answer.IsBase64
            ? http.Response.Body.WriteAsync(Convert.FromBase64String(answer.Body), http.RequestAborted).AsTask()
            : http.Response.WriteAsync(answer.Body, http.RequestAborted);
    }

    /// <summary>A stored chat completion as the chunks of a stream.</summary>
    public static IEnumerable<JsonElement> AsChunks(string body, bool ownUsageChunk)
    {
        var whole = JsonNode.Parse(body)!.AsObject();
        var choice = whole["choices"]![0]!;
        var content = choice["message"]!["content"]!.GetValue<string>();
        var finish = choice["finish_reason"]!.GetValue<string>();
        yield return Chunk(whole, new JsonObject { ["role"] = "assistant", ["content"] = content }, null);
        if (ownUsageChunk)
        {
            yield return Chunk(whole, [], finish);
        }

        var last = whole.DeepClone().AsObject();
        last["object"] = "chat.completion.chunk";
        last["choices"] = ownUsageChunk ? new JsonArray() : Choices([], finish);
        yield return last.Deserialize<JsonElement>();
    }

    private static JsonElement Chunk(JsonObject whole, JsonObject delta, string? finish)
    {
        var chunk = whole.DeepClone().AsObject();
        chunk.Remove("usage");
        chunk.Remove("ncn");
        chunk["object"] = "chat.completion.chunk";
        chunk["choices"] = Choices(delta, finish);
        return chunk.Deserialize<JsonElement>();
    }

    private static JsonArray Choices(JsonObject delta, string? finish) =>
        new(new JsonObject { ["index"] = 0, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = finish });
}
