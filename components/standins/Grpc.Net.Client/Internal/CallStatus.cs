using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>What a response, or the lack of one, means as a gRPC status.</summary>
internal static class CallStatus
{
    /// <summary>The status of a response that carries no messages; null where the status comes in the trailers.</summary>
    internal static Status? FromHeaders(HttpResponseMessage response)
    {
        if (Read(response.Headers) is { } trailersOnly)
        {
            return trailersOnly;
        }
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(FromHttp(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }
        var contentType = Value(response.Content.Headers, "Content-Type");
        return contentType is null ? new Status(StatusCode.Cancelled, "Bad gRPC response. Response did not have a content-type header.")
            : !WireMetadata.IsGrpcContentType(contentType) ? new Status(StatusCode.Cancelled, $"Bad gRPC response. Invalid content-type value: {contentType}")
            : null;
    }

    internal static Status FromTrailers(HttpResponseMessage response) =>
        Read(response.TrailingHeaders) ?? new Status(StatusCode.Cancelled, "No grpc-status found on response.");

    internal static Status FromTransport(Exception exception)
    {
        var code = StatusCode.Internal;
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException protocol)
            {
                code = FromHttp2Error(protocol.ErrorCode);
                break;
            }
            code = cause switch
            {
                SocketException or IOException or TimeoutException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => StatusCode.Unavailable,
                OperationCanceledException when code != StatusCode.Unavailable => StatusCode.Cancelled,
                _ => code,
            };
        }
        return new Status(code, $"Error starting or running gRPC call. {exception.GetType().Name}: {exception.Message}", exception);
    }

    internal static string? Encoding(HttpResponseMessage response) => Value(response.Headers, WireMetadata.EncodingHeader);

    internal static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var header in headers.NonValidated)
        {
            foreach (var value in header.Value)
            {
                WireMetadata.Add(metadata, header.Key, value);
            }
        }
        return metadata;
    }

    private static Status? Read(HttpHeaders headers)
    {
        if (Value(headers, WireMetadata.StatusHeader) is not { } text)
        {
            return null;
        }
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return new Status(StatusCode.Cancelled, $"Unexpected grpc-status value: {text}");
        }
        return new Status((StatusCode)code, Uri.UnescapeDataString(Value(headers, WireMetadata.MessageHeader) ?? ""));
    }

    private static string? Value(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) && values.Count > 0 ? values.ToString() : null;

    /// <summary>The table of the gRPC documentation, "HTTP to gRPC status code mapping".</summary>
    private static StatusCode FromHttp(HttpStatusCode code) => code switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>The table of the gRPC protocol over HTTP/2, "Errors".</summary>
    private static StatusCode FromHttp2Error(long code) => code switch
    {
        0x7 => StatusCode.Unavailable,
        0x8 => StatusCode.Cancelled,
        0xb => StatusCode.ResourceExhausted,
        0xc => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };
}
