using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Serving.Answers;
using Ncn.Serving.Calls;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Responses;

/// <summary><c>POST /v1/responses</c> (OpenAI API reference, "Create a model response").</summary>
/// <remarks>
/// A response in the background without a stream goes through the queue, which survives this process; one with a stream runs here, and
/// goes on when its client leaves.
/// </remarks>
public sealed class ResponsesEndpoint(
    PaidRequest paid, ResponseForm form, ResponseStore store, ResponseRuns runs, LiveAnswers answers, Accounts accounts,
    IOptions<GatewayOptions> options, TimeProvider time)
{
    public Task CreateAsync(HttpContext http) => OpenAiEdge.RunAsync(http, async () =>
    {
        var body = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        var request = ResponseRequest.Parse(body);
        var account = accounts.Of(http);
        var before = request.PreviousId is { } previous ? await BeforeAsync(account, previous, http.RequestAborted) : [];
        var chat = request.ToChat(before, options.Value.DefaultMaxTokens);
        var call = HttpCalls.Read(http);
        call = request is { IsBackground: true, IsStream: false } ? call with { PrefersAsync = true, Webhook = request.Webhook ?? call.Webhook } : call;
        var admission = await paid.AdmitAsync(call, request.ToOrder(chat, body), ModelsEndpoint.ModelNotFound(request.Model));
        var created = time.GetUtcNow().ToUnixTimeSeconds();
        await AnswerAsync(http, new Asked(request, before, account, id => new AnswerContext(id, request.Model, created, body)), admission);
    });

    private async Task<JsonArray> BeforeAsync(string account, string id, CancellationToken cancellationToken)
    {
        var kept = await runs.RefreshAsync(await store.FindAsync(account, id, "previous_response_id", cancellationToken), cancellationToken);
        return kept.IsEnded
            ? kept.Conversation()
            : throw new ApiException(new ApiError(409, "response_not_ended", $"The response {id} is still in progress; wait for its end.", "previous_response_id") { RetryAfterSeconds = 1 });
    }

    private async Task AnswerAsync(HttpContext http, Asked asked, Admission admission)
    {
        switch (admission)
        {
            case Admission.Running run:
                await RunAsync(http, asked, run);
                break;
            case Admission.Queued queued:
                await AcceptAsync(http, asked, queued);
                break;
            default:
                var others = new OpenAiAnswers(http, form, asked.ContextOf, choices: 1);
                await others.WriteAsync(admission, asked.Request.IsStream);
                break;
        }
    }

    private async Task AcceptAsync(HttpContext http, Asked asked, Admission.Queued queued)
    {
        var context = asked.ContextOf(queued.Request);
        OpenAiEdge.Name(http, context.Request);
        var kept = asked.Kept(context, "queued");
        await store.WriteAsync(kept, http.RequestAborted);
        var told = kept.Response.DeepClone().AsObject();
        if (RequestsEndpoint.WebhookOf(queued) is { } webhook)
        {
            told["webhook"] = JsonSerializer.SerializeToNode(webhook);
        }

        await http.Response.WriteAsJsonAsync(told, OpenAiJson.Options, http.RequestAborted);
    }

    private async Task RunAsync(HttpContext http, Asked asked, Admission.Running run)
    {
        OpenAiEdge.Name(http, run.Request);
        var (request, context) = (asked.Request, asked.ContextOf(run.Request) with { Created = run.Created });
        var isKept = request.IsBackground || (request.Store ?? store.HasStorage);
        var kept = isKept ? asked.Kept(context, "in_progress") : null;
        var (live, end) = await BeginAsync(http, request, context, kept, run);
        if (request.IsStream)
        {
            await AnswerStreams.WriteAsync(http, live, ResponseForm.Events(context), after: 0, http.RequestAborted);
            await end;
        }
        else
        {
            await StoredAnswers.WriteAsync(http, await (Task<Ncn.Actors.StoredAnswer>)end);
        }
    }

    // A run that cannot be brought to its end gives back what it holds.
    private async Task<(LiveAnswer Live, Task End)> BeginAsync(HttpContext http, ResponseRequest request, AnswerContext context, KeptResponse? kept, Admission.Running run)
    {
        try
        {
            var live = answers.Find(run.Request) ?? throw new InvalidOperationException($"The run {run.Request} is not alive.");
            if (request.IsBackground)
            {
                await store.WriteAsync(kept!, CancellationToken.None);
            }

            if (request.IsStream && await run.BeginStreamAsync() is { } paidFirst)
            {
                PaymentAnswer.Settle(http, paidFirst);
            }

            return (live, request.IsBackground ? runs.KeepAloneAsync(run, context, kept!) : runs.KeepAsync(run, context, kept));
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    private sealed record Asked(ResponseRequest Request, JsonArray Before, string Account, Func<Ncn.Protocol.RequestId, AnswerContext> ContextOf)
    {
        public KeptResponse Kept(AnswerContext context, string status)
        {
            var response = ResponseObject.Of(context, Request.Members, status);
            var input = Request.Input.DeepClone().AsArray();
            ResponseItems.Name(input, ResponseObject.IdOf(context.Request));
            return new KeptResponse(context.Request, Account, Request.Members, Before, input, response, [], IsEnded: false);
        }
    }
}
