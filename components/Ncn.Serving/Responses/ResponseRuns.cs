using System.Text.Json.Nodes;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Responses;

/// <summary>Brings responses to their end, whoever waits for them, and finds out how those in the background stand.</summary>
public sealed class ResponseRuns(ResponseStore store, ResponseForm form, LiveAnswers answers, IActorProxyFactory actors, ILogger<ResponseRuns> log)
{
    /// <summary>Reads a run to its end, charges it, and keeps the response where that is wished.</summary>
    /// <param name="kept">Null for a response that is not kept.</param>
    internal async Task<StoredAnswer> KeepAsync(Admission.Running run, AnswerContext context, KeptResponse? kept)
    {
        await using (run)
        {
            var parts = new List<RunPart>();
            await foreach (var part in run.Parts)
            {
                parts.Add(part);
            }

            var (amount, settlement) = await run.ChargeAsync([.. parts.OfType<RunPart.Finished>()]);
            var answer = form.Whole(context, parts, new AnswerCost(amount, settlement));
            if (kept is not null)
            {
                var pieces = parts.OfType<RunPart.Text>().Select(static piece => piece.Content).ToArray();
                await store.WriteAsync(kept with { Response = JsonNode.Parse(answer.Body)!.AsObject(), Pieces = pieces, IsEnded = true }, CancellationToken.None);
            }

            return await run.CompleteAsync(answer);
        }
    }

    /// <summary>As <see cref="KeepAsync"/>, with nobody to hear of a failure: it is told in the kept response.</summary>
    internal async Task KeepAloneAsync(Admission.Running run, AnswerContext context, KeptResponse kept)
    {
        try
        {
            await KeepAsync(run, context, kept);
        }
        catch (Exception failure)
        {
            log.LogWarning(failure, "Response {Response} failed in the background", ResponseObject.IdOf(context.Request));
            var told = kept.Response.DeepClone().AsObject();
            ResponseObject.Fail(told, "server_error", "The run failed; nothing was charged. Send the request again.");
            await store.WriteAsync(kept with { Response = told, IsEnded = true }, CancellationToken.None);
        }
    }

    /// <summary>How a kept response stands: one from the queue has its answer at its request's actor first.</summary>
    internal async Task<KeptResponse> RefreshAsync(KeptResponse kept, CancellationToken cancellationToken)
    {
        if (kept.IsEnded || answers.Find(kept.Request) is { IsEnded: false })
        {
            return kept;
        }

        var view = await actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(kept.Request), ActorTypes.Request).GetAsync();
        if (view is { Answer: null })
        {
            return kept;
        }

        if (answers.Find(kept.Request) is not null)
        {
            // It ended this moment: what it leaves is being kept.
            return kept;
        }

        var ended = kept with { Response = Told(kept, view?.Answer), IsEnded = true };
        await store.WriteAsync(ended, cancellationToken);
        return ended;
    }

    private static JsonObject Told(KeptResponse kept, StoredAnswer? answer)
    {
        if (answer is { StatusCode: 200 })
        {
            return JsonNode.Parse(answer.Body)!.AsObject();
        }

        var told = kept.Response.DeepClone().AsObject();
        var error = answer is null ? null : JsonNode.Parse(answer.Body)?["error"] as JsonObject;
        ResponseObject.Fail(
            told, error is null ? "server_error" : ResponseItems.Text(error, "code") ?? "server_error",
            error is null ? "The gateway that ran it stopped; nothing was charged. Send the request again." : ResponseItems.Text(error, "message") ?? "It failed.");
        return told;
    }
}
