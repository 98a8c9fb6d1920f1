using System.Globalization;
using Microsoft.AspNetCore.Http;
using Ncn.OpenInference;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Oip;

/// <summary>Errors in the Open Inference Protocol's shape: {"error": text}.</summary>
internal static class OipError
{
    public static byte[] Body(ApiError error) => ErrorDocument.Of(error.Message);

    public static Task WriteAsync(HttpContext http, ApiError error)
    {
        http.Response.StatusCode = error.Status;
        if (error.RetryAfterSeconds > 0)
        {
            http.Response.Headers.RetryAfter = error.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        http.Response.ContentType = "application/json";
        return http.Response.Body.WriteAsync(Body(error), http.RequestAborted).AsTask();
    }
}
