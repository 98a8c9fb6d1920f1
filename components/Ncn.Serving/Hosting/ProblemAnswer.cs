using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Hosting;

/// <summary>Errors of the network's own endpoints: problem+json (RFC 9457).</summary>
internal static class ProblemAnswer
{
    public static Task WriteAsync(HttpContext http, ApiError error)
    {
        http.Response.StatusCode = error.Status;
        if (error.RetryAfterSeconds > 0)
        {
            http.Response.Headers.RetryAfter = error.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return http.Response.WriteAsJsonAsync(
            new { type = "about:blank", title = error.Code, status = error.Status, detail = error.Message },
            (JsonSerializerOptions?)null, "application/problem+json", http.RequestAborted);
    }
}
