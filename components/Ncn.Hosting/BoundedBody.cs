using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Ncn.Hosting;

/// <summary>Reads a request's body of bounded size.</summary>
public static class BoundedBody
{
    private const int BlockBytes = 64 * 1024;

    /// <summary>The whole body; null when it is larger than <paramref name="limit"/> bytes, which is found out before more than that is kept.</summary>
    /// <exception cref="BadHttpRequestException">The body ends early, or is broken, or larger than the server itself allows.</exception>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ContentLength > limit)
        {
            return null;
        }

        // Memory grows with what arrives, not with what is announced.
        using var buffer = new MemoryStream();
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (buffer.Length + read > limit)
                {
                    return null;
                }

                buffer.Write(block, 0, read);
            }
        }
        catch (IOException exception) when (exception is not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            // Kestrel's answer to a chunk size beyond all numbers, which is the caller's fault as any other broken body is.
            throw new BadHttpRequestException("The body's chunks are broken.", exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        return buffer.ToArray();
    }
}
