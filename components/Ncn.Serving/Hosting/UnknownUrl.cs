using Microsoft.AspNetCore.Http;
using Ncn.Serving.Oip;
using Ncn.Serving.OpenAi;

namespace Ncn.Serving.Hosting;

/// <summary>The answer to a path or method that the gateway does not have, in the shape of the protocol that the path belongs to.</summary>
public static class UnknownUrl
{
    public static Task WriteAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var path = http.Request.Path;
        var error = new ApiError(
            404, "unknown_url", $"There is no {http.Request.Method} {path.Value} here; see README.md for what a gateway answers.");
        return path.StartsWithSegments("/v2", StringComparison.Ordinal) ? OipError.WriteAsync(http, error)
            : path.StartsWithSegments("/v1", StringComparison.Ordinal) ? OpenAiError.WriteAsync(http, error)
            : ProblemAnswer.WriteAsync(http, error);
    }
}
