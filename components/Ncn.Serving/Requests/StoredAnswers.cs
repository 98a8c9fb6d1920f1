using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Requests;

/// <summary>Answers that can be given again.</summary>
internal static class StoredAnswers
{
    public static Dictionary<string, string> Headers(RequestId request, TokenAmount cost, SettlementResponse? settlement)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["x-ncn-request-id"] = request.ToString(),
            ["x-ncn-cost"] = cost.ToString(),
        };
        if (settlement is not null)
        {
            headers[X402Header.Response] = X402Header.Encode(settlement);
            headers[X402Header.ResponseV1] = headers[X402Header.Response];
        }

        return headers;
    }

    public static Task WriteAsync(HttpContext http, StoredAnswer answer)
    {
        http.Response.StatusCode = answer.StatusCode;
        http.Response.ContentType = "application/json";
        foreach (var (name, value) in answer.Headers)
        {
            http.Response.Headers[name] = value;
        }

        return answer.IsBase64
            ? http.Response.Body.WriteAsync(Convert.FromBase64String(answer.Body), http.RequestAborted).AsTask()
            : http.Response.WriteAsync(answer.Body, http.RequestAborted);
    }
}
