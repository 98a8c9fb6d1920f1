using System.Globalization;
using Grpc.Core;
using Grpc.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Puts status and metadata where the protocol wants them: in the trailers, or in the headers of a response without messages.</summary>
internal static class WireResponse
{
    internal static void WriteTrailers(HttpResponse response, Status status, Metadata? trailers)
    {
        var destination = response.HasStarted
            ? response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
                ?? throw new InvalidOperationException("Trailers are not supported for this response. The server may not support gRPC.")
            : response.Headers;
        AddMetadata(destination, trailers);
        SetStatus(destination, status);
    }

    internal static void AddMetadata(IHeaderDictionary destination, Metadata? metadata)
    {
        foreach (var entry in metadata ?? Metadata.Empty)
        {
            destination.Append(entry.Key, WireMetadata.Text(entry));
        }
    }

    internal static void SetStatus(IHeaderDictionary destination, Status status)
    {
        destination[WireMetadata.StatusHeader] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (status.Detail.Length > 0)
        {
            destination[WireMetadata.MessageHeader] = WireMetadata.EncodeStatusDetail(status.Detail);
        }
    }
}
