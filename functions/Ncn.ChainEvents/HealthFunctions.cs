using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.ChainEvents.Hosting;

namespace Ncn.ChainEvents;

/// <summary>Health for supervisors.</summary>
public sealed class HealthFunctions(OperatorAccount account, ChannelActors actors, IOptions<ChainEventsOptions> options)
{
    /// <summary>The process answers.</summary>
    [Function("Healthz")]
    public static IResult Healthz([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "healthz")] HttpRequest request) =>
        Results.Text($"healthy {request.Host.Port}");

    /// <summary>Chain and registry answer, and the chain is the configured one.</summary>
    [Function("Readyz")]
    public async Task<IResult> Readyz([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "readyz")] HttpRequest request)
    {
        try
        {
            var chainId = await account.Chain.ReadChainIdAsync();
            if (chainId != account.Chain.Settings.ChainId)
            {
                return OperatorAccess.Problem(503, $"The node serves chain {chainId}, and chain {account.Chain.Settings.ChainId} is configured.");
            }

            await actors.Subnet(options.Value.SubnetIds[0]).GetSnapshotAsync(0).WaitAsync(request.HttpContext.RequestAborted);
            return Results.Text("ready");
        }
        catch (Exception unreachable) when (unreachable is not OperationCanceledException)
        {
            return OperatorAccess.Problem(503, unreachable is ChainException ? unreachable.Message : "The registry cannot be reached; the app becomes ready when it can.");
        }
    }
}
