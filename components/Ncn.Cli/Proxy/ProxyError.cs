using Microsoft.AspNetCore.Http;

namespace Ncn.Cli.Proxy;

/// <summary>Errors in the shape of the protocol that was asked: OpenAI's object under /v1, the Open Inference Protocol's text under /v2.</summary>
internal static class ProxyError
{
    public static Task WriteAsync(HttpContext http, int status, string code, string message)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.StatusCode = status;
        return http.Request.Path.StartsWithSegments("/v2")
            ? http.Response.WriteAsJsonAsync(new { error = message }, http.RequestAborted)
            : http.Response.WriteAsJsonAsync(new { error = new { message, type = Type(status), param = (string?)null, code } }, http.RequestAborted);
    }

    private static string Type(int status) => status switch
    {
        402 => "payment_required",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
