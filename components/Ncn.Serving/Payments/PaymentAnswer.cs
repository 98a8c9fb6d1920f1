using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Ncn.Payments.X402;

namespace Ncn.Serving.Payments;

/// <summary>Writes the HTTP form of a demand for payment: the v2 header and the v1 body.</summary>
/// <remarks>
/// A client that has both reads the header. One that knows v1 alone and would stumble over the header sends <c>x402-version: 1</c>.
/// The v1 body offers "exact" alone, the one scheme that v1 has.
/// </remarks>
internal static class PaymentAnswer
{
    private const string VersionHeader = "x402-version";
    internal const string Description = "Model inference by the call";

    public static Task WriteAsync(HttpContext http, PaymentException refusal)
    {
        http.Response.StatusCode = refusal.Status;
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        if (refusal.Settlement is { } settlement)
        {
            Settle(http, settlement);
        }

        return refusal.Accepts.Count == 0
            ? http.Response.WriteAsync(
                X402Header.ToJson(new { x402Version = 2, error = refusal.Error, message = refusal.Message }), http.RequestAborted)
            : WriteDemandAsync(http, refusal);
    }

    /// <summary>States a settlement in the headers of both versions.</summary>
    public static void Settle(HttpContext http, SettlementResponse settlement)
    {
        http.Response.Headers[X402Header.Response] = X402Header.Encode(settlement);
        http.Response.Headers[X402Header.ResponseV1] = http.Response.Headers[X402Header.Response];
    }

    private static Task WriteDemandAsync(HttpContext http, PaymentException refusal)
    {
        var url = http.Request.GetDisplayUrl();
        if (http.Request.Headers[VersionHeader] != "1")
        {
            http.Response.Headers[X402Header.Required] = X402Header.Encode(new PaymentRequired(
                2, new ResourceInfo(url, Description, "application/json"), refusal.Accepts, refusal.Error)
            {
                Extensions = PaymentIdentifier.Announcement,
            });
        }

        var accepts = refusal.Accepts.Where(static offer => offer.Scheme == X402Header.Exact).Select(offer => new PaymentRequirementsV1(
            offer.Scheme, NetworkV1(offer.Network), offer.Amount, offer.Asset, offer.PayTo, url, Description, "application/json",
            offer.MaxTimeoutSeconds, offer.Extra));
        return http.Response.WriteAsync(X402Header.ToJson(new PaymentRequiredV1(1, refusal.Error, [.. accepts])), http.RequestAborted);
    }

    private static string NetworkV1(string network) =>
        X402Header.NetworkV1(ulong.Parse(network.AsSpan("eip155:".Length), System.Globalization.CultureInfo.InvariantCulture));
}
