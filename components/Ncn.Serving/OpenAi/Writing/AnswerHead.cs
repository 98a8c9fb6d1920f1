using System.Text.Json;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;

namespace Ncn.Serving.OpenAi.Writing;

/// <summary>What every object of one answer begins with, and what the last one ends with.</summary>
/// <param name="Id">The answer's id, prefix included.</param>
/// <param name="Kind">The member <c>object</c>.</param>
internal sealed record AnswerHead(string Id, string Kind, long Created, string Model)
{
    private static readonly JsonEncodedText IdName = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText ObjectName = JsonEncodedText.Encode("object");
    private static readonly JsonEncodedText CreatedName = JsonEncodedText.Encode("created");
    private static readonly JsonEncodedText ModelName = JsonEncodedText.Encode("model");
    private static readonly JsonEncodedText FingerprintName = JsonEncodedText.Encode("system_fingerprint");

    /// <summary>The head of an answer's objects.</summary>
    /// <param name="prefix">Of the id, such as "chatcmpl-".</param>
    public static AnswerHead Of(AnswerContext context, string prefix, string kind) =>
        new(prefix + context.Request.ToString()[2..], kind, context.Created, context.Model);

    /// <summary>Begins an object; the caller goes on with its own members.</summary>
    /// <param name="offer">What ran; null while that is not known.</param>
    public void Open(Utf8JsonWriter json, ModelOffer? offer)
    {
        json.WriteStartObject();
        json.WriteString(IdName, Id);
        json.WriteString(ObjectName, Kind);
        json.WriteNumber(CreatedName, Created);
        json.WriteString(ModelName, offer?.Name ?? Model); // another may have taken its place
        if (offer is null)
        {
            json.WriteNull(FingerprintName);
        }
        else
        {
            json.WriteString(FingerprintName, "ncn_" + offer.Digest.ToString()[2..18]);
        }
    }

    /// <summary>Usage over all choices, and their cost.</summary>
    public static void WriteUsage(Utf8JsonWriter json, IReadOnlyList<RunPart.Finished> ends, AnswerCost cost)
    {
        long prompt = 0, completion = 0;
        foreach (var end in ends)
        {
            prompt += end.PromptTokens;
            completion += end.CompletionTokens;
        }

        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", prompt);
        json.WriteNumber("completion_tokens", completion);
        json.WriteNumber("total_tokens", prompt + completion);
        json.WriteString("cost", cost.Amount.ToString());
        json.WriteEndObject();
    }

    /// <summary>What NCN adds: the evidence of the first choice with the cost of all; with several choices, each one's evidence under <c>choices</c>.</summary>
    public static void WriteEvidence(Utf8JsonWriter json, IReadOnlyList<RunPart.Finished> ends, AnswerCost cost)
    {
        json.WritePropertyName("ncn");
        var first = Evidence.Of(ends[0], cost.Amount, cost.Settlement);
        if (ends.Count == 1)
        {
            JsonSerializer.Serialize(json, first, ProtocolJson.Options);
            return;
        }

        var evidence = first.ToJson().AsObject();
        evidence["choices"] = new System.Text.Json.Nodes.JsonArray([.. ends.Select(static end => EvidenceOf(end))]);
        evidence.WriteTo(json);
    }

    // A choice's share of the cost is no figure of its own: the charge is for all of them.
    private static System.Text.Json.Nodes.JsonObject EvidenceOf(RunPart.Finished end)
    {
        var evidence = Evidence.Of(end, TokenAmount.Zero, null).ToJson().AsObject();
        evidence.Remove("cost");
        evidence.Remove("payment");
        return evidence;
    }
}
