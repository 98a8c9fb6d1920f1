using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi.Writing;

namespace Ncn.Serving.OpenAi;

/// <summary>Errors in OpenAI's shape: {"error": {message, type, param, code}}.</summary>
internal static class OpenAiError
{
    /// <summary>The body of an error.</summary>
    public static string Json(ApiError error) => EventBuffer.Write(json => Write(json, error));

    /// <summary>As an object for a serialiser.</summary>
    public static object Body(ApiError error) => new
    {
        error = new { message = error.Message, type = TypeOf(error.Status), param = error.Parameter, code = error.Code },
    };

    public static void Write(Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", TypeOf(error.Status));
        json.WriteString("param", error.Parameter);
        json.WriteString("code", error.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static Task WriteAsync(HttpContext http, ApiError error)
    {
        http.Response.StatusCode = error.Status;
        http.Response.ContentType = "application/json";
        if (error.RetryAfterSeconds > 0)
        {
            http.Response.Headers.RetryAfter = error.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return http.Response.WriteAsync(Json(error), http.RequestAborted);
    }

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        402 => "payment_required",
        403 => "permission_error",
        409 => "conflict_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
