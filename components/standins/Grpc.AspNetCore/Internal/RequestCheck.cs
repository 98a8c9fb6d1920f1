using Grpc.Core;
using Grpc.Net;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Refuses requests that are no gRPC, before any of it is read, and starts the response of those that are.</summary>
internal static class RequestCheck
{
    internal static bool TryAccept(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            Refuse(http, StatusCodes.Status426UpgradeRequired, $"Request protocol '{http.Request.Protocol}' is not supported.");
            http.Response.Headers.Upgrade = HttpProtocol.Http2;
            return false;
        }
        if (!WireMetadata.IsGrpcContentType(http.Request.ContentType))
        {
            Refuse(http, StatusCodes.Status415UnsupportedMediaType, http.Request.ContentType is null
                ? "Content-Type is missing from the request."
                : $"Content-Type '{http.Request.ContentType}' is not supported.");
            return false;
        }
        http.Response.ContentType = WireMetadata.ContentType;
        return true;
    }

    private static void Refuse(HttpContext http, int httpStatus, string message)
    {
        http.Response.StatusCode = httpStatus;
        WireResponse.SetStatus(http.Response.Headers, new Status(StatusCode.Internal, message));
    }
}
