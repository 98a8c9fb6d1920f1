using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Ncn.Payments.X402;

namespace Ncn.Serving.Payments;

/// <summary>Writes the HTTP form of a demand for payment: the v2 header and the v1 body.</summary>
internal static class PaymentAnswer
{
    public static Task WriteAsync(HttpContext http, PaymentException refusal)
    {
        http.Response.StatusCode = refusal.Status;
        http.Response.ContentType = "application/json";
        if (refusal.Requirements is not { } requirements)
        {
            return http.Response.WriteAsync(
                X402Header.ToJson(new { x402Version = 2, error = refusal.Error, message = refusal.Message }), http.RequestAborted);
        }

        var url = http.Request.GetDisplayUrl();
        http.Response.Headers[X402Header.Required] = X402Header.Encode(new PaymentRequired(
            2, new ResourceInfo(url, "Model inference by the call", "application/json"), [requirements], refusal.Error));
        var accepts = new PaymentRequirementsV1(
            requirements.Scheme, requirements.Network, requirements.Amount, requirements.Asset, requirements.PayTo, url,
            "Model inference by the call", "application/json", requirements.MaxTimeoutSeconds, requirements.Extra);
        return http.Response.WriteAsync(X402Header.ToJson(new PaymentRequiredV1(1, refusal.Error, [accepts])), http.RequestAborted);
    }
}
