using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi;

/// <summary>Errors in OpenAI's shape: {"error": {message, type, param, code}}.</summary>
internal static class OpenAiError
{
    public static object Body(ApiError error) => new
    {
        error = new { message = error.Message, type = TypeOf(error.Status), param = error.Parameter, code = error.Code },
    };

    public static Task WriteAsync(HttpContext http, ApiError error)
    {
        http.Response.StatusCode = error.Status;
        if (error.RetryAfterSeconds > 0)
        {
            http.Response.Headers.RetryAfter = error.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return http.Response.WriteAsJsonAsync(Body(error), (JsonSerializerOptions?)null, "application/json", http.RequestAborted);
    }

    private static string TypeOf(int status) => status switch
    {
        401 or 403 => "authentication_error",
        402 => "payment_required",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
