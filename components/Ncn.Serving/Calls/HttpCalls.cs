using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Observability;
using Ncn.Serving.Quotes;
using Ncn.Serving.Webhooks;

namespace Ncn.Serving.Calls;

/// <summary>Reads what HTTP requests say beside their body.</summary>
public static class HttpCalls
{
    /// <summary>Header: what a request's payer promises at first, atomic units.</summary>
    public const string ReserveHeader = "ncn-reserve";

    /// <summary>Header: the id of the caller's own queued request whose place this one takes.</summary>
    public const string ReplacesHeader = "ncn-replaces";

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
            Replaces = ReadReplaces(headers[ReplacesHeader].FirstOrDefault()),
            Webhook = WebhookWish.Of(headers[WebhookWish.Header].FirstOrDefault(), headers[WebhookWish.SecretHeader].FirstOrDefault()),
            Remote = watch is null ? http.Connection.RemoteIpAddress : watch.Remote,
            Reserve = ReadReserve(headers[ReserveHeader].FirstOrDefault()),
            Vouchers = http.Features.Get<IVoucherSource>(),
            Watch = watch,
            Gone = http.RequestAborted,
        };
    }

    private static RequestId? ReadReplaces(string? id) => id is null ? null
        : Hash32.TryParse(id, out var request) ? new RequestId(request)
        : throw new ApiException(ApiError.BadRequest("invalid_request_id", $"{ReplacesHeader} must be the id of a request: 0x and 64 hex digits.", ReplacesHeader));

    private static TokenAmount? ReadReserve(string? units) => units is null ? null
        : UInt128.TryParse(units, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) && amount > 0 ? new TokenAmount(amount)
        : throw new ApiException(ApiError.BadRequest("invalid_reserve", $"{ReserveHeader} must be a whole number of atomic units above 0.", ReserveHeader));
}
