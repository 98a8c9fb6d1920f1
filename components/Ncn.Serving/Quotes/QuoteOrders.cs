using Google.Protobuf;
using Microsoft.Extensions.Options;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Hosting;
using Ncn.Serving.Oip;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Requests;
using Ncn.Serving.Responses;
using Ncn.Serving.Routing;
using Ncn.Serving.Sealed;

namespace Ncn.Serving.Quotes;

/// <summary>Reads a request that is only to be priced, as the endpoint that it is for would.</summary>
public sealed class QuoteOrders(RoutingTable routing, IOptions<GatewayOptions> options)
{
    /// <summary>The order of a request to a path. Throws <see cref="ApiException"/> when it is no request of that path.</summary>
    internal async Task<Order> ReadAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => path switch
    {
        "/v1/chat/completions" => ChatEndpoint.OrderOf(ChatRequest.Parse(body, options.Value.DefaultMaxTokens), body),
        "/v1/completions" => CompletionsEndpoint.OrderOf(CompletionRequest.Parse(body), body),
        "/v1/embeddings" => EmbeddingsEndpoint.OrderOf(EmbeddingRequest.Parse(body), body),
        "/v1/responses" => Response(body),
        "/v1/sealed" => await SealedAsync(body, cancellationToken),
        _ when path.Split('/') is ["", "v2", "models", var model, "infer"] => await TensorsAsync(model, null, body, cancellationToken),
        _ when path.Split('/') is ["", "v2", "models", var model, "versions", var version, "infer"] => await TensorsAsync(model, version, body, cancellationToken),
        _ => throw new ApiException(ApiError.BadRequest(
            "not_priced", "No request to this path is priced here; quote a path such as /v1/chat/completions, /v1/embeddings or /v2/models/{model}/infer.", "path")),
    };

    private Order Response(ReadOnlyMemory<byte> body)
    {
        var request = ResponseRequest.Parse(body);
        return request.PreviousId is null
            ? request.ToOrder(request.ToChat([], options.Value.DefaultMaxTokens), body)
            : throw new ApiException(ApiError.BadRequest(
                "not_priced", "A response that continues another is priced when it is asked for: send it unpaid, and the 402 names its ceiling.", "previous_response_id"));
    }

    private async Task<Order> SealedAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var request = SealedBody.Parse(body);
        var offers = await routing.FindAsync(request.Model, cancellationToken);
        var offer = offers.FirstOrDefault(candidate => candidate.Node.Operator == request.Node)?.Offer ?? throw new ApiException(ModelsEndpoint.ModelNotFound(request.Model));
        return new Order(request.Model, SealedEndpoint.Dialect, request.ToInput(), request.Limit(offer.Kind), request.Seed, body) { Node = request.Node };
    }

    private async Task<Order> TensorsAsync(string model, string? version, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var name = Uri.UnescapeDataString(model);
        var offer = await MetadataEndpoint.FindAsync(routing, name, version, cancellationToken);
        if (offer.Kind != Ncn.Protocol.ModelOffer.Tensor)
        {
            throw new ApiException(ApiError.BadRequest("wrong_kind", $"{name} takes no tensors; quote another path.", "path"));
        }

        var (request, rows) = OfferFit.Parse(body, null, offer);
        return new Order(name, InferEndpoint.Dialect, new Input { Tensors = request.ToByteString() }, new Usage(0, 0, rows), 0, body);
    }
}
