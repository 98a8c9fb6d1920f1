using Google.Protobuf;
using Inference;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;
using BinaryData = Ncn.OpenInference.BinaryData;

namespace Ncn.Serving.Oip;

/// <summary><c>POST /v2/models/{model}[/versions/{version}]/infer</c> of the Open Inference Protocol.</summary>
public sealed class InferEndpoint(PaidRequest paid, RoutingTable routing, IOptions<GatewayOptions> options)
{
    /// <summary>Which form a queued answer takes.</summary>
    public const string Dialect = "infer";

    public async Task HandleAsync(HttpContext http, string model, string? version)
    {
        ArgumentNullException.ThrowIfNull(http);
        await Edge.RunAsync(http, OipError.WriteAsync, async () =>
        {
            var body = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
            var offer = await MetadataEndpoint.FindAsync(routing, model, version, http.RequestAborted);
            if (offer.Kind != ModelOffer.Tensor)
            {
                throw new ApiException(ApiError.BadRequest("wrong_kind", $"{model} is a chat model; use POST /v1/chat/completions."));
            }

            var (request, rows) = OfferFit.Parse(body, http.Request.Headers[BinaryData.Header], offer);
            var order = new Order(
                model, Dialect, new Input { Tensors = request.ToByteString() },
                new Usage(0, 0, rows), 0, body);
            await AnswerAsync(http, request, await paid.AdmitAsync(HttpCalls.Read(http), order, MetadataEndpoint.ModelNotFound(model)));
        });
    }

    private static async Task AnswerAsync(HttpContext http, ModelInferRequest request, Admission admission)
    {
        switch (admission)
        {
            case Admission.Repeated repeated:
                await StoredAnswers.WriteAsync(http, repeated.Answer);
                break;
            case Admission.Answered answered:
                await StoredAnswers.WriteAsync(http, answered.Answer);
                break;
            case Admission.Queued queued:
                await RequestsEndpoint.WriteAcceptedAsync(http, queued);
                break;
            case Admission.Running running:
                await RunAsync(http, request, running);
                break;
        }
    }

    private static async Task RunAsync(HttpContext http, ModelInferRequest request, Admission.Running run)
    {
        await using (run)
        {
            ModelInferResponse? response = null;
            await foreach (var part in run.Parts)
            {
                if (part is RunPart.Tensors tensors)
                {
                    response = tensors.Response;
                }
                else if (part is RunPart.Finished end && response is not null)
                {
                    var (cost, settlement) = await run.ChargeAsync([end]);
                    await StoredAnswers.WriteAsync(http, await run.CompleteAsync(InferAnswer.Of(request, response, end, cost, settlement)));
                }
            }
        }
    }
}
