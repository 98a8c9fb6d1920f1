using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Ncn.Serving.Routing;

namespace Ncn.Gateway;

/// <summary>Health for supervisors and load balancers.</summary>
public sealed class HealthFunctions(RoutingTable routing)
{
    [Function("Healthz")]
    public static IResult Healthz([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "healthz")] HttpRequest request) =>
        Results.Text($"healthy {request.Host.Port}");

    [Function("Readyz")]
    public async Task<IResult> Readyz([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "readyz")] HttpRequest request)
    {
        try
        {
            await routing.GetAsync(request.HttpContext.RequestAborted);
            return Results.Text("ready");
        }
        catch (Exception unreachable) when (unreachable is not OperationCanceledException)
        {
            return Results.Problem("The registry cannot be reached; the gateway becomes ready when it can.", statusCode: 503);
        }
    }
}
