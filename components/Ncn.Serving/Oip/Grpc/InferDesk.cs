using Google.Protobuf;
using Inference;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.OpenInference;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Answers;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip.Text;
using Ncn.Serving.Requests;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Oip.Grpc;

/// <summary>Runs messages of the Open Inference Protocol: tensors, prompts and texts to embed, whole or piece by piece.</summary>
public sealed class InferDesk(PaidRequest paid, RoutingTable routing, IOptions<GatewayOptions> options)
{
    /// <summary>The offer of a model; without a version, of any. Throws <see cref="ApiException"/> when nobody serves it.</summary>
    public Task<ModelOffer> FindAsync(string model, string version, CancellationToken cancellationToken) =>
        MetadataEndpoint.FindAsync(routing, model, version.Length == 0 ? null : version, cancellationToken);

    /// <summary>Whether any model can be called now.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken) => (await routing.FindAsync(null, cancellationToken)).Count > 0;

    /// <summary>The whole answer, as it is kept.</summary>
    public async Task<StoredAnswer> AnswerAsync(ClientCall call, ModelInferRequest request)
    {
        var offer = await FindAsync(request.ModelName, request.ModelVersion, call.Gone);
        switch (await AdmitAsync(call, request, offer))
        {
            case Admission.Repeated repeated:
                return repeated.Answer;
            case Admission.Attached attached:
                return await attached.Answer.Answer.WaitAsync(call.Gone);
            case Admission.Running running:
                StoredAnswer? kept = null;
                await foreach (var (_, answer) in RunAsync(running, request))
                {
                    kept = answer ?? kept;
                }

                return kept ?? throw new ApiException(new ApiError(502, "nodes_failed", "The node gave no answer. Nothing was charged."));
            default:
                throw Unsupported();
        }
    }

    /// <summary>A decoder's answer piece by piece; any other model's in one. The last message states what it cost.</summary>
    public async IAsyncEnumerable<ModelInferResponse> StreamAsync(ClientCall call, ModelInferRequest request)
    {
        var offer = await FindAsync(request.ModelName, request.ModelVersion, call.Gone);
        var streams = offer.Kind == ModelOffer.Decoder && TextParameters.Flag(request.Parameters, "stream", otherwise: true);
        var admission = await AdmitAsync(call, request, offer);
        if (admission is Admission.Repeated or Admission.Attached)
        {
            var kept = (admission as Admission.Repeated)?.Answer ?? await ((Admission.Attached)admission).Answer.Answer.WaitAsync(call.Gone);
            yield return Final(GrpcForm.Read(kept));
            yield break;
        }

        await using var running = admission as Admission.Running ?? throw Unsupported();
        if (streams)
        {
            await running.BeginStreamAsync();
        }

        await foreach (var (part, answer) in RunAsync(running, request))
        {
            if (answer is not null)
            {
                yield return Last(request, offer, answer, streams);
            }
            else if (streams && part is RunPart.Text { Content.Length: > 0 } text)
            {
                yield return Piece(TextTensors.Response(request, offer, text.Content), isFinal: false);
            }
        }
    }

    private async Task<Admission> AdmitAsync(ClientCall call, ModelInferRequest request, ModelOffer offer)
    {
        if (request.Id.Length > CodecLimits.MaxIdLength)
        {
            throw TextParameters.Bad($"id must have at most {CodecLimits.MaxIdLength} characters.");
        }

        (request.ModelName, request.ModelVersion) = (offer.Name, offer.Version);
        var (input, limit) = Read(request, offer);
        var seed = offer.Kind == ModelOffer.Decoder ? TextParameters.Seed(request.Parameters) : 0;
        return await paid.AdmitAsync(
            call, new Order(offer.Name, GrpcForm.Name, input, limit, seed, request.ToByteArray()), MetadataEndpoint.ModelNotFound(offer.Name));
    }

    private (Input, Usage) Read(ModelInferRequest request, ModelOffer offer)
    {
        switch (offer.Kind)
        {
            case ModelOffer.Decoder:
                var (generate, tokens) = TextTensors.Prompt(request, offer, options.Value.DefaultMaxTokens);
                return (new Input { Generate = generate }, tokens);
            case ModelOffer.Embedding:
                var (embed, texts) = TextTensors.Embed(request, offer);
                return (new Input { Embed = embed }, texts);
            default:
                var rows = OfferFit.Rows(request, offer);
                return (new Input { Tensors = request.ToByteString() }, new Usage(0, 0, rows));
        }
    }

    // Each part with, at the end, the answer that was charged and kept.
    private static async IAsyncEnumerable<(RunPart Part, StoredAnswer? Answer)> RunAsync(Admission.Running running, ModelInferRequest request)
    {
        await using (running)
        {
            var parts = new List<RunPart>();
            await foreach (var part in running.Parts)
            {
                parts.Add(part);
                if (part is not RunPart.Finished end)
                {
                    yield return (part, null);
                    continue;
                }

                var (amount, settlement) = await running.ChargeAsync([end]);
                var cost = new AnswerCost(amount, settlement);
                yield return (part, await running.CompleteAsync(GrpcForm.Stored(GrpcForm.Response(request, parts, cost), parts, cost)));
            }
        }
    }

    private static ModelInferResponse Last(ModelInferRequest request, ModelOffer offer, StoredAnswer answer, bool streamed)
    {
        var whole = GrpcForm.Read(answer);
        if (!streamed)
        {
            return Final(whole);
        }

        // The text has been sent already; what is left is what the answer says of itself.
        var end = TextTensors.Response(request, offer, string.Empty);
        end.Parameters.Add(whole.Parameters);
        return Final(end);
    }

    private static ModelInferResponse Final(ModelInferResponse response) => Piece(response, isFinal: true);

    private static ModelInferResponse Piece(ModelInferResponse response, bool isFinal)
    {
        response.Parameters["triton_final_response"] = new InferParameter { BoolParam = isFinal };
        return response;
    }

    private static ApiException Unsupported() =>
        new(ApiError.BadRequest("unsupported_payment", "A refund is asked for over HTTP, with GET on the resource that was paid for."));
}
