using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Answers;

/// <summary><c>GET /v1/requests/{id}/events</c>: the stream of a request from where the client stopped reading; and <c>DELETE /v1/requests/{id}</c>.</summary>
/// <remarks>Who knows a request's id may do this: ids cannot be guessed, and the client alone was told.</remarks>
public sealed class EventsEndpoint(LiveAnswers answers, AnswerForms forms, RequestCancellation cancellation, IActorProxyFactory actors)
{
    public Task EventsAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var request = Read(id);
        if (answers.Find(request) is not { } live || !forms.Knows(live.Settings.Dialect))
        {
            await ReplayAsync(http, request);
            return;
        }

        live.Follow(http.RequestAborted);
        await AnswerStreams.ResumeAsync(http, live, forms.Of(live.Settings.Dialect));
    });

    public Task CancelAsync(HttpContext http, string id) => OpenAiEdge.RunAsync(http, async () =>
    {
        var request = Read(id);
        var status = await cancellation.CancelAsync(request);
        http.Response.StatusCode = status == "cancelling" ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        await http.Response.WriteAsJsonAsync(
            new { id = request, @object = "request", status, url = $"/v1/requests/{request}" }, OpenAiJson.Options, http.RequestAborted);
    });

    // An answer that came from the queue has no live stream; its events are made of the whole.
    private async Task ReplayAsync(HttpContext http, RequestId request)
    {
        var view = await actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request).GetAsync();
        if (view is not { Queued: { } queued } || !forms.Knows(queued.Dialect))
        {
            throw new ApiException(new ApiError(
                404, "events_not_found", $"No stream of request {request} is kept here; GET /v1/requests/{request} has the answer of a request that was queued.", "id"));
        }

        if (view.Answer is not { } answer)
        {
            throw new ApiException(new ApiError(409, "not_started", $"Request {request} waits for a node or runs from the queue; ask again.", "id") { RetryAfterSeconds = 1 });
        }

        RequestsEndpoint.ThrowIfUnpaid(view);
        var context = new AnswerContext(request, queued.Model, (long)(queued.CreatedAt / 1000), queued.Body);
        var form = forms.Of(queued.Dialect);
        if (answer.StatusCode != StatusCodes.Status200OK)
        {
            await StoredAnswers.WriteAsync(http, answer);
            return;
        }

        await using var events = new EventStream(http);
        foreach (var each in form.Replay(context, answer))
        {
            await events.WriteAsync([each]);
        }

        await events.EndAsync(form.Stream(context)?.End);
    }

    private static RequestId Read(string id) => Hex.TryParse<RequestId>(id, out var request)
        ? request
        : throw new ApiException(new ApiError(404, "request_not_found", $"{id} is not the id of a request.", "id"));
}
