using System.Net.Http.Headers;
using Grpc.Core;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>Which bodies are read.</summary>
internal static class MediaTypes
{
    /// <summary>JSON, bytes behind JSON, or a body that does not say, as most clients of the protocol send it; never a compressed one.</summary>
    /// <exception cref="InferenceRefusal">Another kind.</exception>
    public static void MustBeReadable(HttpRequest request)
    {
        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw Unsupported("A body with a Content-Encoding is not read; send it uncompressed.");
        }

        if (!string.IsNullOrEmpty(request.ContentType) && !IsReadable(request.ContentType))
        {
            throw Unsupported("The body must be application/json, or application/octet-stream for JSON with tensors in binary form.");
        }
    }

    private static bool IsReadable(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && type.MediaType?.ToUpperInvariant() is "APPLICATION/JSON" or "APPLICATION/OCTET-STREAM"
        && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static InferenceRefusal Unsupported(string message) => new(StatusCodes.Status415UnsupportedMediaType, StatusCode.InvalidArgument, message);
}
