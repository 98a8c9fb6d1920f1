using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Payments.X402;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Quotes;

/// <summary><c>POST /v1/quote</c>: what a request may cost at most and will probably cost, signed, before anything is paid or run.</summary>
public sealed class QuoteEndpoint(
    QuoteOrders orders, QuoteBook book, RequestPricing pricing, PaymentOffers offers, IOptions<GatewayOptions> options)
{
    public Task HandleAsync(HttpContext http) => Edge.RunAsync(http, OpenAiError.WriteAsync, async () =>
    {
        var whole = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, http.RequestAborted);
        using var json = JsonBody.Parse(whole);
        var path = Member(json.RootElement, "path", JsonValueKind.String, "the path of the request, such as /v1/chat/completions").GetString()!;
        var body = Member(json.RootElement, "body", JsonValueKind.Object, "the body of the request");
        var order = await orders.ReadAsync(path, Encoding.UTF8.GetBytes(body.GetRawText()), http.RequestAborted);
        var priced = await pricing.PriceAsync(order, ModelsEndpoint.ModelNotFound(order.Model), http.RequestAborted);
        var (signed, expected, measured) = book.Sign(path, order, priced);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(
            X402Header.ToJson(new
            {
                @object = "quote",
                model = order.Model,
                ceiling = signed.Message.Ceiling,
                expected = signed.Message.Expected,
                measuredRequests = measured,
                inputs = order.Inputs.Count,
                limit = order.Limit,
                expectedUse = expected,
                expiresAt = signed.Message.ExpiresAt,
                quote = signed,
                header = X402Header.Encode(signed),
                accepts = priced.Ceiling.IsZero ? [] : offers.All(priced.Ceiling),
            }),
            http.RequestAborted);
    });

    private static JsonElement Member(JsonElement root, string name, JsonValueKind kind, string what) =>
        root.TryGetProperty(name, out var member) && member.ValueKind == kind
            ? member
            : throw new ApiException(ApiError.BadRequest("invalid_request", $"The member {name} must be {what}.", name));
}
