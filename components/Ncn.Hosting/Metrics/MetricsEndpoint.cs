using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Ncn.Hosting.Metrics;

/// <summary><c>GET /metrics</c>, for Prometheus.</summary>
public static class MetricsEndpoint
{
    /// <summary>Maps the endpoint; <see cref="NcnDefaults.AddNcnDefaults"/> has made what it shows.</summary>
    /// <param name="routes">The app's routes.</param>
    /// <param name="isOpen">False: only this machine is let in, and to others the endpoint is not there. True: whoever reaches the port.</param>
    public static IEndpointConventionBuilder MapNcnMetrics(this IEndpointRouteBuilder routes, bool isOpen = false)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var metrics = routes.ServiceProvider.GetRequiredService<PrometheusMetrics>();
        return routes.MapGet("/metrics", http => isOpen || IsLocal(http) ? WriteAsync(http, metrics) : NotThereAsync(http));
    }

    /// <summary>True for a call from this machine itself. One that a proxy passed on is not, although the proxy is here.</summary>
    public static bool IsLocal(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.Connection.RemoteIpAddress is { } caller && IPAddress.IsLoopback(caller)
            && !http.Request.Headers.ContainsKey("X-Forwarded-For") && !http.Request.Headers.ContainsKey("Forwarded");
    }

    /// <summary>Writes all families as they are now.</summary>
    public static Task WriteAsync(HttpContext http, PrometheusMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(metrics);
        http.Response.ContentType = PrometheusText.ContentType;
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(metrics.Collect(), http.RequestAborted);
    }

    private static Task NotThereAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
