using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Actors;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Writing;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary>The forms of a completion of plain text. What NCN adds is in <c>ncn</c>.</summary>
public sealed class CompletionForm : IAnswerForm
{
    internal const string IdPrefix = "cmpl-";
    internal const string Kind = "text_completion";

    public string Dialect => CompletionsEndpoint.Dialect;

    public StoredAnswer Whole(AnswerContext context, IReadOnlyList<RunPart> parts, AnswerCost cost)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(cost);
        var ends = parts.OfType<RunPart.Finished>().OrderBy(static end => end.Choice).ToArray();
        var hasLogprobs = CompletionContext.RequestOf(context).Sampling.TopLogprobs is not null;
        var body = EventBuffer.Write(json =>
        {
            AnswerHead.Of(context, IdPrefix, Kind).Open(json, ends[0].Offer);
            json.WriteStartArray("choices");
            foreach (var end in ends)
            {
                WriteChoice(json, end, [.. parts.OfType<RunPart.Text>().Where(text => text.Choice == end.Choice)], hasLogprobs);
            }

            json.WriteEndArray();
            AnswerHead.WriteUsage(json, ends, cost);
            AnswerHead.WriteEvidence(json, ends, cost);
            json.WriteEndObject();
        });
        return new StoredAnswer(200, body, StoredAnswers.Headers(context.Request, cost.Amount, cost.Settlement), cost.Amount, ends[0].Evidence);
    }

    public string Error(ApiError error) => OpenAiError.Json(error);

    public IEnumerable<StreamEvent> Replay(AnswerContext context, StoredAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        var whole = JsonNode.Parse(answer.Body)!.AsObject();
        if (CompletionContext.RequestOf(context).IncludeUsage)
        {
            var pieces = whole.DeepClone().AsObject();
            pieces.Remove("usage");
            pieces.Remove("ncn");
            yield return new StreamEvent(null, JsonSerializer.SerializeToUtf8Bytes(pieces));
            whole["choices"] = new JsonArray();
        }

        yield return new StreamEvent(null, JsonSerializer.SerializeToUtf8Bytes(whole));
    }

    public IAnswerEvents Stream(AnswerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new CompletionEvents(context, CompletionContext.RequestOf(context));
    }

    internal static string FinishReason(RunPart.Finished end) => end.FinishReason == "length" ? "length" : "stop";

    private static void WriteChoice(Utf8JsonWriter json, RunPart.Finished end, IReadOnlyList<RunPart.Text> texts, bool hasLogprobs)
    {
        json.WriteStartObject();
        json.WriteString("text", string.Concat(texts.Select(static text => text.Content)));
        json.WriteNumber("index", end.Choice);
        WriteLogprobs(json, hasLogprobs ? [.. texts.SelectMany(static text => text.Logprobs ?? [])] : null, 0);
        json.WriteString("finish_reason", FinishReason(end));
        json.WriteEndObject();
    }

    internal static void WriteLogprobs(Utf8JsonWriter json, IReadOnlyList<TokenLogprobs>? logprobs, int offset)
    {
        if (logprobs is null)
        {
            json.WriteNull("logprobs");
        }
        else
        {
            LogprobsJson.WriteCompletion(json, logprobs, offset);
        }
    }
}

/// <summary>A context whose body has been read already.</summary>
internal sealed record CompletionContext(AnswerContext Of, CompletionRequest Asked) : AnswerContext(Of.Request, Of.Model, Of.Created, Of.Body)
{
    /// <summary>The request that is answered: as it was read, or, where only its body was kept, read again.</summary>
    public static CompletionRequest RequestOf(AnswerContext context) => context is CompletionContext known ? known.Asked : CompletionRequest.Parse(context.Body);
}
