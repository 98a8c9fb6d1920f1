using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Hosting;

namespace Ncn.Serving.Hosting;

/// <summary>Reads a request body of bounded size, in bounded time and within the memory that all bodies share.</summary>
internal static class RequestBody
{
    /// <summary>
    /// The whole body. Throws <see cref="ApiException"/> 413 when it is larger than <paramref name="limit"/> bytes or 503 when the gateway
    /// has no memory for it, and <see cref="BadHttpRequestException"/> 408 when it comes too slowly.
    /// </summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        var rules = request.HttpContext.RequestServices?.GetService<BodyBudget>()?.For(request) ?? BodyRules.Default;
        var body = await BoundedBody.ReadAsync(request, limit, rules, TimeProvider.System, cancellationToken)
            ?? throw new ApiException(new ApiError(413, "request_too_large", $"The request body is larger than {limit} bytes; send a smaller one."));
        request.HttpContext.Items[typeof(RequestBody)] = body;
        return body;
    }

    /// <summary>The body that was read of a request; empty when none was.</summary>
    public static byte[] Of(HttpContext http) => http.Items[typeof(RequestBody)] as byte[] ?? [];
}
