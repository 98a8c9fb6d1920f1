using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;

namespace Ncn.Serving.OpenAi;

/// <summary>The forms of a chat completion: the whole object and the chunks of a stream. What NCN adds is in <c>ncn</c>.</summary>
internal static class ChatAnswer
{
    public static JsonSerializerOptions Json { get; } = new(ProtocolJson.Options)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    public static object Whole(ChatStream stream, string text, RunPart.Finished end, TokenAmount cost, SettlementResponse? settlement) => new
    {
        id = stream.Id,
        @object = "chat.completion",
        created = stream.Created,
        model = stream.Model,
        choices = new[]
        {
            new { index = 0, message = new { role = "assistant", content = text, refusal = (string?)null }, logprobs = (object?)null, finish_reason = FinishReason(end) },
        },
        usage = UsageOf(end, cost),
        system_fingerprint = stream.Fingerprint,
        ncn = Evidence.Of(end, cost, settlement).ToJson(),
    };

    public static object Chunk(ChatStream stream, object delta, string? finishReason = null) => new
    {
        id = stream.Id,
        @object = "chat.completion.chunk",
        created = stream.Created,
        model = stream.Model,
        system_fingerprint = stream.Fingerprint,
        choices = new[] { new { index = 0, delta, logprobs = (object?)null, finish_reason = finishReason } },
    };

    /// <summary>The last chunk: usage, cost and receipt. A caller that asked for usage gets it in a chunk of its own without choices.</summary>
    public static object Last(ChatStream stream, RunPart.Finished end, TokenAmount cost, SettlementResponse? settlement, bool ownChunk) => new
    {
        id = stream.Id,
        @object = "chat.completion.chunk",
        created = stream.Created,
        model = stream.Model,
        system_fingerprint = stream.Fingerprint,
        choices = ownChunk
            ? Array.Empty<object>()
            : [new { index = 0, delta = new { }, logprobs = (object?)null, finish_reason = FinishReason(end) }],
        usage = UsageOf(end, cost),
        ncn = Evidence.Of(end, cost, settlement).ToJson(),
    };

    public static string FinishReason(RunPart.Finished end) => end.FinishReason == "length" ? "length" : "stop";

    private static object UsageOf(RunPart.Finished end, TokenAmount cost) => new
    {
        prompt_tokens = end.PromptTokens,
        completion_tokens = end.CompletionTokens,
        total_tokens = end.PromptTokens + end.CompletionTokens,
        cost,
    };
}

/// <summary>What all chunks of one answer share.</summary>
internal sealed record ChatStream(string Id, long Created, string Model, string? Fingerprint = null);
