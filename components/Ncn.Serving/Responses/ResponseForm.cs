using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Actors;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.OpenAi.Tools;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Responses;

/// <summary>The forms of a response.</summary>
public sealed class ResponseForm : IAnswerForm
{
    public string Dialect => ResponseRequest.Dialect;

    public StoredAnswer Whole(AnswerContext context, IReadOnlyList<RunPart> parts, AnswerCost cost)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(cost);
        var events = Events(context);
        foreach (var part in parts)
        {
            events.Write(part, cost);
        }

        return new StoredAnswer(
            200, events.Response.ToJsonString(), StoredAnswers.Headers(context.Request, cost.Amount, cost.Settlement), cost.Amount,
            parts.OfType<RunPart.Finished>().Last().Evidence);
    }

    public string Error(ApiError error) => OpenAiError.Json(error);

    public IEnumerable<StreamEvent> Replay(AnswerContext context, StoredAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        var told = JsonNode.Parse(answer.Body)!.AsObject();
        var events = new ResponseEvents(context, told, ToolSet.Empty);
        var texts = told["output"]!.AsArray().Select(static item => item!["content"]?[0]?["text"]?.GetValue<string>()).OfType<string>();
        return [.. texts.SelectMany(text => events.Write(new RunPart.Text([], text, 0), null)), .. events.Finish(told)];
    }

    IAnswerEvents IAnswerForm.Stream(AnswerContext context) => Events(context);

    internal static ResponseEvents Events(AnswerContext context)
    {
        var request = ResponseRequest.Parse(context.Body);
        return new ResponseEvents(context, request.Members, ToolsOf(request.Members));
    }

    // The body was checked when it came; only what shapes the answer is read again.
    internal static ToolSet ToolsOf(JsonObject members) => members["tools"] is JsonArray { Count: > 0 }
        ? ToolSet.Parse(JsonSerializer.SerializeToElement(members), static (tool, at) =>
        {
            ToolDefinition.RequireFunction(tool, at);
            return ToolDefinition.ReadFunction(tool, at);
        })
        : ToolSet.Empty;
}
