using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Writing;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary>The forms of a chat completion: the whole object, the chunks of a stream, an error. What NCN adds is in <c>ncn</c>.</summary>
public sealed class ChatForm : IAnswerForm
{
    internal const string IdPrefix = "chatcmpl-";

    public string Dialect => ChatEndpoint.Dialect;

    public StoredAnswer Whole(AnswerContext context, IReadOnlyList<RunPart> parts, AnswerCost cost)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(cost);
        var shape = ChatShape.Of(context);
        var choices = new ChatMessageParts[shape.Choices];
        for (var index = 0; index < choices.Length; index++)
        {
            choices[index] = new ChatMessageParts(shape);
        }

        foreach (var part in parts)
        {
            choices[part.Choice].Add(part);
        }

        var ends = Array.ConvertAll(choices, static choice => choice.End ?? throw new InvalidOperationException("A choice has no end."));
        var body = EventBuffer.Write(json => Write(json, context, shape, choices, ends, cost));
        return new StoredAnswer(200, body, StoredAnswers.Headers(context.Request, cost.Amount, cost.Settlement), cost.Amount, ends[0].Evidence);
    }

    public string Error(ApiError error) => OpenAiError.Json(error);

    public IEnumerable<StreamEvent> Replay(AnswerContext context, StoredAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        return ChatReplay.Of(answer.Body, ChatShape.Of(context).IncludeUsage);
    }

    public IAnswerEvents Stream(AnswerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ChatEvents(context, ChatShape.Of(context));
    }

    private static void Write(
        Utf8JsonWriter json, AnswerContext context, ChatShape shape, ChatMessageParts[] choices, RunPart.Finished[] ends, AnswerCost cost)
    {
        AnswerHead.Of(context, IdPrefix, "chat.completion").Open(json, ends[0].Offer);
        json.WriteStartArray("choices");
        for (var index = 0; index < choices.Length; index++)
        {
            WriteChoice(json, context, shape, index, choices[index]);
        }

        json.WriteEndArray();
        AnswerHead.WriteUsage(json, ends, cost);
        if (shape.ServiceTier is { } tier)
        {
            json.WriteString("service_tier", tier);
        }

        AnswerHead.WriteEvidence(json, ends, cost);
        json.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter json, AnswerContext context, ChatShape shape, int index, ChatMessageParts choice)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", choice.Calls.Count > 0 && string.IsNullOrWhiteSpace(choice.Text) ? null : choice.Text);
        json.WriteNull("refusal");
        WriteCalls(json, context, index, choice.Calls);
        json.WriteEndObject();
        WriteLogprobs(json, shape.HasLogprobs ? choice.Logprobs : null);
        json.WriteString("finish_reason", choice.FinishReason);
        json.WriteEndObject();
    }

    private static void WriteCalls(Utf8JsonWriter json, AnswerContext context, int choice, IReadOnlyList<(string Name, string Arguments)> calls)
    {
        if (calls.Count == 0)
        {
            return;
        }

        json.WriteStartArray("tool_calls");
        for (var index = 0; index < calls.Count; index++)
        {
            json.WriteStartObject();
            json.WriteString("id", ChatShape.CallId(context, choice, index));
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", calls[index].Name);
            json.WriteString("arguments", calls[index].Arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLogprobs(Utf8JsonWriter json, IReadOnlyList<TokenLogprobs>? logprobs)
    {
        if (logprobs is null)
        {
            json.WriteNull("logprobs");
        }
        else
        {
            LogprobsJson.WriteChat(json, logprobs);
        }
    }
}
