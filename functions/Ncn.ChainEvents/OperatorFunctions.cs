using Dapr;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Ncn.Chain;
using Ncn.ChainEvents.Hosting;
using Ncn.ChainEvents.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents;

/// <summary>What the operator can ask for.</summary>
public sealed class OperatorFunctions(Settler settler, IConfiguration configuration, ILogger<OperatorFunctions> logger)
{
    /// <summary>Claims and settles everything that is claimable now, whatever the thresholds.</summary>
    [Function("RunSettlement")]
    public async Task<IResult> RunSettlement(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ncn/v1/settlement/run")] HttpRequest request)
    {
        if (OperatorAccess.Refuse(request.HttpContext, configuration) is { } refusal)
        {
            return refusal;
        }

        try
        {
            return Results.Json(await settler.RunAllAsync(request.HttpContext.RequestAborted), ProtocolJson.Options);
        }
        catch (ChainException failure)
        {
            logger.LogError(failure, "The settlement that the operator asked for did not finish");
            return OperatorAccess.Problem(503, failure.Message + " Repeat the settlement: what is done is not done again.");
        }
        catch (Exception failure) when (failure is HttpRequestException or DaprException)
        {
            logger.LogError(failure, "The settlement that the operator asked for did not finish");
            return OperatorAccess.Problem(503, "The registry cannot be reached. Repeat the settlement when it runs: what is done is not done again.");
        }
    }
}
