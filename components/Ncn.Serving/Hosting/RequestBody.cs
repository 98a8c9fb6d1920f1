using Microsoft.AspNetCore.Http;
using Ncn.Hosting;

namespace Ncn.Serving.Hosting;

/// <summary>Reads a request body of bounded size.</summary>
internal static class RequestBody
{
    /// <summary>The whole body; an <see cref="ApiException"/> 413 when it is larger than <paramref name="limit"/> bytes.</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken) =>
        await BoundedBody.ReadAsync(request, limit, cancellationToken)
        ?? throw new ApiException(new ApiError(413, "request_too_large", $"The request body is larger than {limit} bytes; send a smaller one."));
}
