using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Oip;

/// <summary>Errors in the Open Inference Protocol's shape: {"error": text}.</summary>
internal static class OipError
{
    public static object Body(ApiError error) => new { error = error.Message };

    public static Task WriteAsync(HttpContext http, ApiError error)
    {
        http.Response.StatusCode = error.Status;
        if (error.RetryAfterSeconds > 0)
        {
            http.Response.Headers.RetryAfter = error.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return http.Response.WriteAsJsonAsync(Body(error), (JsonSerializerOptions?)null, "application/json", http.RequestAborted);
    }
}
