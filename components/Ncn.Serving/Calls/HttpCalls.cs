using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Ncn.Payments.X402;
using Ncn.Serving.Observability;
using Ncn.Serving.Quotes;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Calls;

/// <summary>Reads what HTTP requests say beside their body.</summary>
public static class HttpCalls
{
    private const string VersionHeader = "x402-version";

    /// <summary>The call that an HTTP request makes.</summary>
    public static ClientCall Read(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var headers = http.Request.Headers;
        var watch = http.Features.Get<CallWatch>();
        var payment = headers[X402Header.Signature].FirstOrDefault();
        var paymentV1 = headers[X402Header.SignatureV1].FirstOrDefault();
        return new ClientCall
        {
            Route = http.Request.Path.Value ?? string.Empty,
            ResourceUrl = http.Request.GetDisplayUrl(),
            Payment = payment ?? paymentV1,
            PaymentVersion = headers[VersionHeader] == "1" || (payment is null && paymentV1 is not null) ? 1 : 2,
            IdempotencyKey = headers["Idempotency-Key"].FirstOrDefault(),
            Quote = headers[QuoteBook.Header].FirstOrDefault(),
            PrefersAsync = headers["Prefer"].Any(static value => value?.Contains("respond-async", StringComparison.OrdinalIgnoreCase) == true),
            Webhook = WebhookWish.Of(headers[WebhookWish.Header].FirstOrDefault(), headers[WebhookWish.SecretHeader].FirstOrDefault()),
            Remote = watch is null ? http.Connection.RemoteIpAddress : watch.Remote,
            Watch = watch,
            Gone = http.RequestAborted,
        };
    }
}
