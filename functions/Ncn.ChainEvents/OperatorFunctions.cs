using Azure;
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
public sealed class OperatorFunctions(
    Settler settler, SettlementBook book, OperatorAccount account, IConfiguration configuration, ILogger<OperatorFunctions> logger)
{
    private const int MostClaims = 50;

    /// <summary>The newest claims as they stand, with the hashes of those whose end is not known.</summary>
    [Function("ReadSettlement")]
    public async Task<IResult> ReadSettlement(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ncn/v1/settlement")] HttpRequest request)
    {
        if (OperatorAccess.Refuse(request.HttpContext, configuration) is { } refusal)
        {
            return refusal;
        }

        try
        {
            var newest = await book.ListNewestAsync(MostClaims, request.HttpContext.RequestAborted);
            var receiver = await account.Payments.ReadReceiverAsync(account.Address, account.Token.Address);
            return Results.Json(
                new SettlementOverview(account.Address, receiver.Unsettled, [.. newest.Select(ClaimStatus.Of)], account.Transactions.Trouble),
                ProtocolJson.Options);
        }
        catch (Exception failure) when (failure is ChainException or RequestFailedException)
        {
            logger.LogError(failure, "The settlement's state could not be read");
            return OperatorAccess.Problem(503, "The chain or the table storage cannot be reached. Ask again when they run.");
        }
    }

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
        catch (RequestFailedException failure)
        {
            logger.LogError(failure, "The settlement that the operator asked for did not finish");
            return OperatorAccess.Problem(503, "The table storage cannot be reached. Repeat the settlement when it runs: what is done is not done again.");
        }
        catch (Exception failure) when (failure is HttpRequestException or DaprException)
        {
            logger.LogError(failure, "The settlement that the operator asked for did not finish");
            return OperatorAccess.Problem(503, "The registry cannot be reached. Repeat the settlement when it runs: what is done is not done again.");
        }
    }
}
