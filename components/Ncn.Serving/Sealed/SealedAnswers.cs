using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Sealed;

/// <summary>The forms of a sealed answer: the whole object and the events of a stream. What NCN adds is in <c>ncn</c>.</summary>
internal static class SealedAnswers
{
    public static object Whole(RequestId id, string model, IReadOnlyList<RunPart.Sealed> parts, RunPart.Finished end, TokenAmount cost, SettlementResponse? settlement) => new
    {
        id,
        @object = "sealed.answer",
        model,
        parts = parts.Select(static part => part.Content.ToBase64()),
        usage = UsageOf(end, cost),
        ncn = Evidence.Of(end, cost, settlement).ToJson(),
    };

    public static object Part(RequestId id, int index, string content) => new { id, @object = "sealed.part", index, part = content };

    public static object End(RequestId id, RunPart.Finished end, TokenAmount cost, SettlementResponse? settlement) => new
    {
        id,
        @object = "sealed.end",
        usage = UsageOf(end, cost),
        ncn = Evidence.Of(end, cost, settlement).ToJson(),
    };

    /// <summary>A stored answer as the events of a stream.</summary>
    public static IEnumerable<JsonElement> AsEvents(string body)
    {
        var whole = JsonNode.Parse(body)!.AsObject();
        var id = whole["id"]!.Deserialize<RequestId>(ProtocolJson.Options);
        var index = 0;
        foreach (var part in whole["parts"]!.AsArray())
        {
            yield return JsonSerializer.SerializeToElement(Part(id, index++, part!.GetValue<string>()), ProtocolJson.Options);
        }

        whole["object"] = "sealed.end";
        whole.Remove("parts");
        whole.Remove("model");
        yield return whole.Deserialize<JsonElement>();
    }

    private static object UsageOf(RunPart.Finished end, TokenAmount cost) => new { end.PromptTokens, end.CompletionTokens, end.Rows, cost };
}
