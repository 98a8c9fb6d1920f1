using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Answers gRPC requests for methods and services that do not exist; other requests pass by.</summary>
internal static class UnimplementedEndpoints
{
    private const string Method = "unimplementedMethod";

    internal static void Map(IEndpointRouteBuilder builder, ServiceRegistry registry, IEnumerable<string> serviceNames)
    {
        foreach (var service in serviceNames)
        {
            Map(builder, registry, $"/{service}/{{{Method}}}", "Method is unimplemented.");
        }
        Map(builder, registry, $"/{{unimplementedService}}/{{{Method}}}", "Service is unimplemented.");
    }

    private static void Map(IEndpointRouteBuilder builder, ServiceRegistry registry, string pattern, string message)
    {
        if (!registry.AddFallback(pattern))
        {
            return;
        }
        var parsed = RoutePatternFactory.Parse(pattern, defaults: null, parameterPolicies: new RouteValueDictionary { [Method] = new GrpcRequestConstraint() });
        builder.Map(parsed, http =>
            {
                if (RequestCheck.TryAccept(http))
                {
                    WireResponse.SetStatus(http.Response.Headers, new Status(StatusCode.Unimplemented, message));
                }
                return Task.CompletedTask;
            })
            .Add(endpoint =>
            {
                endpoint.DisplayName = $"gRPC - {message}";
                endpoint.Metadata.Add(new HttpMethodMetadata([HttpMethods.Post]));
            });
    }

    private sealed class GrpcRequestConstraint : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            httpContext is null || Grpc.Net.WireMetadata.IsGrpcContentType(httpContext.Request.ContentType);
    }
}
