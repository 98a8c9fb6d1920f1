using Microsoft.AspNetCore.Http;
using Ncn.Hosting.Metrics;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Observability;

/// <summary><c>GET /healthz</c>, <c>GET /readyz</c> and <c>GET /metrics</c>, for supervisors, load balancers and collectors.</summary>
public sealed class HealthEndpoint(GatewayReadiness readiness, PrometheusMetrics metrics, Microsoft.Extensions.Options.IOptions<ObservabilityOptions> options)
{
    /// <summary>The process answers.</summary>
    public static Task LiveAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return WriteTextAsync(http, $"healthy {http.Request.Host.Port}");
    }

    /// <summary>It can serve: 200, or 503 with the parts that are missing; what is wrong with them is told to this machine alone.</summary>
    public async Task ReadyAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var problems = await readiness.FindAsync();
        if (problems.Count == 0)
        {
            await WriteTextAsync(http, "ready");
            return;
        }

        string[] reasons = [.. problems.Select(static problem => problem.Part)];
        var detail = MetricsEndpoint.IsLocal(http) ? string.Join("; ", problems.Select(static problem => problem.Detail)) : string.Join(", ", reasons);
        await Results.Problem(
            $"Not ready: {detail}.", statusCode: StatusCodes.Status503ServiceUnavailable,
            extensions: new Dictionary<string, object?> { ["reasons"] = reasons }).ExecuteAsync(http);
    }

    /// <summary>All numbers in the Prometheus text format; to other machines it is not there unless <see cref="ObservabilityOptions.MetricsOpen"/>.</summary>
    public Task MetricsAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return options.Value.MetricsOpen || MetricsEndpoint.IsLocal(http)
            ? MetricsEndpoint.WriteAsync(http, metrics)
            : UnknownUrl.WriteAsync(http);
    }

    private static Task WriteTextAsync(HttpContext http, string text)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text, http.RequestAborted);
    }
}
