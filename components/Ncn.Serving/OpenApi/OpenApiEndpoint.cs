using Microsoft.AspNetCore.Http;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenApi;

/// <summary><c>GET /openapi.json</c>: the OpenAPI 3.1 document of this gateway.</summary>
public sealed class OpenApiEndpoint(GatewayIdentity identity)
{
    private readonly Lazy<byte[]> _document = new(() => OpenApiDocument.Write(GatewayRoutes.All, identity.PublicUrl));

    public Task WriteAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "max-age=300";
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.ContentLength = _document.Value.Length;
        return http.Response.Body.WriteAsync(_document.Value, http.RequestAborted).AsTask();
    }
}
