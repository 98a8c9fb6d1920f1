using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Observability;
using Ncn.Serving.OpenApi;

namespace Ncn.Gateway;

/// <summary>What supervisors, load balancers, collectors and developers read.</summary>
public sealed class HealthFunctions(HealthEndpoint health, OpenApiEndpoint openApi)
{
    [Function("Healthz")]
    public static Task<IResult> Healthz([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "healthz")] HttpRequest request) =>
        Respond.Written(HealthEndpoint.LiveAsync(request.HttpContext));

    [Function("Readyz")]
    public Task<IResult> Readyz([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "readyz")] HttpRequest request) =>
        Respond.Written(health.ReadyAsync(request.HttpContext));

    [Function("Metrics")]
    public Task<IResult> Metrics([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "metrics")] HttpRequest request) =>
        Respond.Written(health.MetricsAsync(request.HttpContext));

    [Function("OpenApi")]
    public Task<IResult> OpenApi([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request) =>
        Respond.Written(openApi.WriteAsync(request.HttpContext));
}
