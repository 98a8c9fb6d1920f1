using Ncn.Chain;
using Ncn.ComputeWorker.Network;
using Ncn.ComputeWorker.Payments;

namespace Ncn.ComputeWorker.Operator;

/// <summary>Health for the process's supervisor.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Ok(new { live = true }));
        routes.MapGet("/readyz", ReadyAsync);
    }

    private static async Task<IResult> ReadyAsync(NodeModels models, KnownGateways gateways, IEscrow escrow)
    {
        string? missing = models.Offers.Count == 0 ? "no model is loaded; see the log"
            : !gateways.AnyJoined ? "no gateway has taken the node in yet; see the log"
            : await ChainProblemAsync(escrow);
        return missing is null
            ? Results.Ok(new { ready = true })
            : Results.Problem($"Not ready: {missing}.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<string?> ChainProblemAsync(IEscrow escrow)
    {
        try
        {
            await escrow.CheckAsync();
            return null;
        }
        catch (Exception exception) when (exception is ChainException or InvalidOperationException)
        {
            return exception.Message;
        }
    }
}
