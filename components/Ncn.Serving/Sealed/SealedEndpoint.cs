using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Sealed;

/// <summary>
/// <c>POST /v1/sealed</c>: a request that one node alone can read, priced by its size and the tokens that it may use, paid, metered and
/// receipted like any other. It runs on that node or not at all: a client that loses its node seals the rest for another.
/// </summary>
public sealed class SealedEndpoint(PaidRequest paid, RoutingTable routing, IOptions<GatewayOptions> options)
{
    /// <summary>Which form a kept answer takes.</summary>
    public const string Dialect = "sealed";

    public Task HandleAsync(HttpContext http) => Edge.RunAsync(http, OpenAiError.WriteAsync, async () =>
    {
        var body = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        var request = SealedBody.Parse(body);
        var gone = new ApiError(
            409, ApiError.NodeGone, $"Node {request.Node} does not serve {request.Model} here now; get its sealed-keys again and seal the request for another node.", "node");
        var offers = await routing.FindAsync(request.Model, http.RequestAborted);
        if (offers.Count == 0)
        {
            throw new ApiException(ModelsEndpoint.ModelNotFound(request.Model));
        }

        var offer = offers.FirstOrDefault(candidate => candidate.Node.Operator == request.Node)?.Offer ?? throw new ApiException(gone);
        var order = new Order(request.Model, Dialect, request.ToInput(), request.Limit(offer.Kind), request.Seed, body) { Node = request.Node };
        await (await paid.AdmitAsync(HttpCalls.Read(http), order, gone) switch
        {
            Admission.Repeated repeated => AnswerRepeatAsync(http, request, repeated.Answer),
            Admission.Answered answered => StoredAnswers.WriteAsync(http, answered.Answer),
            Admission.Running running => AnswerAsync(http, request, running),
            var other => throw new InvalidOperationException($"A sealed request was {other.GetType().Name}."),
        });
    });

    private static async Task AnswerAsync(HttpContext http, SealedBody request, Admission.Running run)
    {
        await using (run)
        {
            await using var events = request.Stream ? new EventStream(http) : null;
            if (events is not null && await run.BeginStreamAsync() is { } settled)
            {
                PaymentAnswer.Settle(http, settled);
            }

            try
            {
                await WriteAsync(http, request, run, events);
            }
            catch (ApiException failed) when (http.Response.HasStarted)
            {
                await events!.WriteAsync(OpenAiError.Body(failed.Error), ProtocolJson.Options);
            }

            await (events?.EndAsync() ?? Task.CompletedTask);
        }
    }

    private static async Task WriteAsync(HttpContext http, SealedBody request, Admission.Running run, EventStream? events)
    {
        List<RunPart.Sealed> parts = [];
        await foreach (var part in run.Parts)
        {
            if (part is RunPart.Sealed piece)
            {
                await (events?.WriteAsync(SealedAnswers.Part(run.Request, parts.Count, piece.Content.ToBase64()), ProtocolJson.Options) ?? Task.CompletedTask);
                parts.Add(piece);
            }
            else if (part is RunPart.Finished end)
            {
                var (cost, settlement) = await run.ChargeAsync([end]);
                var whole = SealedAnswers.Whole(run.Request, request.Model, parts, end, cost, settlement);
                var answer = await run.CompleteAsync(whole, ProtocolJson.Options, cost, settlement, end.Evidence);
                await (events?.WriteAsync(SealedAnswers.End(run.Request, end, cost, settlement), ProtocolJson.Options) ?? StoredAnswers.WriteAsync(http, answer));
            }
        }
    }

    private static async Task AnswerRepeatAsync(HttpContext http, SealedBody request, StoredAnswer answer)
    {
        if (!request.Stream || answer.StatusCode != StatusCodes.Status200OK)
        {
            await StoredAnswers.WriteAsync(http, answer);
            return;
        }

        await using var events = new EventStream(http);
        await events.WriteStoredAsync(SealedAnswers.AsEvents(answer.Body));
    }
}
