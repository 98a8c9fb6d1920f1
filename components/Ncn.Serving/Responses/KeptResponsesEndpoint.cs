using System.Globalization;
using Microsoft.AspNetCore.Http;
using Ncn.Serving.Answers;
using Ncn.Serving.Execution;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Responses;

/// <summary>Kept responses: get, resume, cancel, delete, and their input items.</summary>
public sealed class KeptResponsesEndpoint(
    ResponseStore store, ResponseRuns runs, LiveAnswers answers, RequestCancellation cancellation, Accounts accounts, TimeProvider time)
{
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(5);

    /// <summary>The response, or with <c>stream=true</c> its events after <c>starting_after</c>, those to come included.</summary>
    public Task GetAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var kept = await FindAsync(http, id);
        if (http.Request.Query["stream"] != "true")
        {
            await WriteAsync(http, kept.Response);
            return;
        }

        var after = ReadAfter(http);
        if (answers.Find(kept.Request) is { } live)
        {
            live.Follow(http.RequestAborted);
            await AnswerStreams.WriteAsync(http, live, new LaterEvents(ResponseForm.Events(live.Settings.Context), after), 0, http.RequestAborted);
            return;
        }

        await ReplayAsync(http, kept, after);
    });

    /// <summary>Stops a response in the background; what it delivered is paid and kept.</summary>
    public Task CancelAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var kept = await FindAsync(http, id);
        if (kept.Response["background"]?.GetValue<bool>() != true)
        {
            throw new ApiException(ApiError.BadRequest("invalid_request", $"The response {id} does not run in the background; close its connection to stop it.", "id"));
        }

        if (!kept.IsEnded && await cancellation.CancelAsync(kept.Request) == "cancelling" && answers.Find(kept.Request) is { } live)
        {
            await live.Answer.WaitAsync(CancelPatience, time, http.RequestAborted);
        }

        await WriteAsync(http, (await FindAsync(http, id)).Response);
    });

    public Task DeleteAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        await store.DeleteAsync(await FindAsync(http, id), http.RequestAborted);
        await WriteAsync(http, new { id, @object = "response", deleted = true });
    });

    public Task InputItemsAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var kept = await FindAsync(http, id);
        var newestFirst = kept.Input.Select(static item => item!.AsObject()).Reverse().ToArray();
        await WriteAsync(http, Page.Of(http, newestFirst, static item => ResponseItems.Text(item, "id")!, static item => item));
    });

    private async Task<KeptResponse> FindAsync(HttpContext http, string id) =>
        await runs.RefreshAsync(await store.FindAsync(accounts.Of(http), id, "id", http.RequestAborted), http.RequestAborted);

    private static long ReadAfter(HttpContext http)
    {
        var text = http.Request.Query["starting_after"].ToString();
        return text.Length == 0 ? -1
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after
            : throw new ApiException(ApiError.BadRequest("invalid_value", "starting_after must be the sequence_number of the last event that you have.", "starting_after"));
    }

    private static async Task ReplayAsync(HttpContext http, KeptResponse kept, long after)
    {
        if (!kept.IsEnded)
        {
            throw new ApiException(new ApiError(409, "not_started", "The response waits for a node or runs from the queue, where it has no events; ask again.", "stream") { RetryAfterSeconds = 1 });
        }

        var context = new AnswerContext(kept.Request, string.Empty, kept.Response["created_at"]!.GetValue<long>(), default);
        var all = new ResponseEvents(context, kept.Members, ResponseForm.ToolsOf(kept.Members));
        var told = kept.Pieces.SelectMany(piece => all.Write(new RunPart.Text([], piece, 0), null)).Concat(all.Finish(kept.Response));
        await using var events = new EventStream(http);
        var number = 0L;
        foreach (var each in told.Where(_ => number++ > after))
        {
            await events.WriteAsync([each]);
        }

        await events.EndAsync(null);
    }

    private static Task WriteAsync(HttpContext http, object body) => http.Response.WriteAsJsonAsync(body, OpenAiJson.Options, http.RequestAborted);
}
