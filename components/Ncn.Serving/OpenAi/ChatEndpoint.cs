using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;

namespace Ncn.Serving.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>, plain and as server-sent events.</summary>
public sealed class ChatEndpoint(PaidRequest paid, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Which form a queued answer takes.</summary>
    public const string Dialect = "chat";

    public async Task HandleAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        await Edge.RunAsync(http, OpenAiError.WriteAsync, async () =>
        {
            var body = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
            var request = ChatRequest.Parse(body, options.Value.DefaultMaxTokens);
            var order = new Order(request.Model, Dialect, request.ToInput(), request.Limit, request.Seed, body);
            var admission = await paid.AdmitAsync(HttpCalls.Read(http), order, ModelsEndpoint.ModelNotFound(request.Model));
            await (admission switch
            {
                Admission.Repeated repeated => AnswerRepeatAsync(http, request, repeated.Answer),
                Admission.Answered answered => StoredAnswers.WriteAsync(http, answered.Answer),
                Admission.Queued queued => RequestsEndpoint.WriteAcceptedAsync(http, queued.Request),
                Admission.Running running when request.Stream => StreamAsync(http, request, running),
                Admission.Running running => WholeAsync(http, request, running),
                _ => throw new InvalidOperationException($"{admission.GetType().Name} is not an admission."),
            });
        });
    }

    private async Task WholeAsync(HttpContext http, ChatRequest request, Admission.Running run)
    {
        var text = new StringBuilder();
        await using (run)
        {
            await foreach (var part in run.Parts)
            {
                if (part is RunPart.Text piece)
                {
                    text.Append(piece.Content);
                }
                else if (part is RunPart.Finished end)
                {
                    var (cost, settlement) = await run.ChargeAsync([end]);
                    var answer = ChatAnswer.Whole(NewStream(run, request, end.Offer), text.ToString(), end, cost, settlement);
                    await StoredAnswers.WriteAsync(http, await run.CompleteAsync(answer, ChatAnswer.Json, cost, settlement, end.Evidence));
                }
            }
        }
    }

    private async Task StreamAsync(HttpContext http, ChatRequest request, Admission.Running run)
    {
        await using (run)
        {
            var events = new EventStream(http);
            var text = new StringBuilder();
            var stream = NewStream(run, request, null);
            if (await run.BeginStreamAsync() is { } paid)
            {
                PaymentAnswer.Settle(http, paid);
            }

            try
            {
                await foreach (var part in run.Parts)
                {
                    await WritePartAsync(events, stream, part, text, run, request);
                }
            }
            catch (ApiException failed) when (http.Response.HasStarted)
            {
                await events.WriteAsync(OpenAiError.Body(failed.Error), ChatAnswer.Json);
            }

            await events.EndAsync();
        }
    }

    private async Task WritePartAsync(
        EventStream events, ChatStream stream, RunPart part, StringBuilder text, Admission.Running run, ChatRequest request)
    {
        if (part is RunPart.Text piece)
        {
            if (text.Length == 0)
            {
                await events.WriteAsync(ChatAnswer.Chunk(stream, new { role = "assistant", content = string.Empty }), ChatAnswer.Json);
            }

            if (piece.Content.Length > 0)
            {
                text.Append(piece.Content);
                await events.WriteAsync(ChatAnswer.Chunk(stream, new { content = piece.Content }), ChatAnswer.Json);
            }
        }
        else if (part is RunPart.Finished end)
        {
            var (cost, settlement) = await run.ChargeAsync([end]);
            await run.CompleteAsync(
                ChatAnswer.Whole(NewStream(run, request, end.Offer), text.ToString(), end, cost, settlement), ChatAnswer.Json, cost, settlement,
                end.Evidence);
            if (request.IncludeUsage)
            {
                await events.WriteAsync(ChatAnswer.Chunk(stream, new { }, ChatAnswer.FinishReason(end)), ChatAnswer.Json);
            }

            await events.WriteAsync(ChatAnswer.Last(stream, end, cost, settlement, ownChunk: request.IncludeUsage), ChatAnswer.Json);
        }
    }

    // A repeat of a streamed request gets the stored answer as one chunk.
    private static async Task AnswerRepeatAsync(HttpContext http, ChatRequest request, StoredAnswer answer)
    {
        if (!request.Stream || answer.StatusCode != 200)
        {
            await StoredAnswers.WriteAsync(http, answer);
            return;
        }

        await new EventStream(http).WriteStoredAsync(StoredAnswers.AsChunks(answer.Body, request.IncludeUsage));
    }

    private ChatStream NewStream(Admission.Running run, ChatRequest request, ModelOffer? offer) => new(
        "chatcmpl-" + run.Request.ToString()[2..], time.GetUtcNow().ToUnixTimeSeconds(), request.Model,
        offer is null ? null : "ncn_" + offer.Digest.ToString()[2..18]);
}
