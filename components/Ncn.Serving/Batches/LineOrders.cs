using Microsoft.Extensions.Options;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Requests;
using Ncn.Serving.Responses;

namespace Ncn.Serving.Batches;

/// <summary>Reads the requests of a batch as their own endpoints would.</summary>
public sealed class LineOrders(IOptions<GatewayOptions> options)
{
    /// <summary>What a batch may be for.</summary>
    public static IReadOnlyList<string> Endpoints { get; } = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"];

    /// <summary>The order of a request. Throws <see cref="ApiException"/> for one that its endpoint would refuse, or that no queue takes.</summary>
    public Order Read(string endpoint, ReadOnlyMemory<byte> body)
    {
        var order = endpoint switch
        {
            "/v1/chat/completions" => ChatEndpoint.OrderOf(ChatRequest.Parse(body, options.Value.DefaultMaxTokens), body),
            "/v1/completions" => CompletionsEndpoint.OrderOf(CompletionRequest.Parse(body), body),
            "/v1/embeddings" => EmbeddingsEndpoint.OrderOf(EmbeddingRequest.Parse(body), body),
            "/v1/responses" => ReadResponse(body),
            _ => throw new ApiException(ApiError.BadRequest("invalid_value", $"endpoint must be one of {string.Join(", ", Endpoints)}.", "endpoint")),
        };
        return order.Inputs.Count == 1
            ? order
            : throw new ApiException(ApiError.BadRequest("unsupported_value", "A request in a batch has one answer: leave n out, and send one prompt a line."));
    }

    private Order ReadResponse(ReadOnlyMemory<byte> body)
    {
        var request = ResponseRequest.Parse(body);
        return request.PreviousId is null && !request.IsBackground && !request.IsStream
            ? request.ToOrder(request.ToChat([], options.Value.DefaultMaxTokens), body)
            : throw new ApiException(ApiError.BadRequest("unsupported_value", "A response in a batch has no previous response, no background and no stream; leave them out."));
    }
}
