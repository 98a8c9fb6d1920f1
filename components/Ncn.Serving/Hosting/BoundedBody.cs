using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Hosting;

/// <summary>Reads a request body of bounded size.</summary>
internal static class BoundedBody
{
    /// <summary>The whole body; an <see cref="ApiException"/> 413 when it is larger than <paramref name="limit"/> bytes.</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        using var buffer = new MemoryStream();
        var block = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(block, cancellationToken)) > 0)
            {
                if (buffer.Length + read > limit)
                {
                    throw TooLarge(limit);
                }

                buffer.Write(block, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        return buffer.ToArray();
    }

    private static ApiException TooLarge(int limit) =>
        new(new ApiError(413, "request_too_large", $"The request body is larger than {limit} bytes; send a smaller one."));
}
