using Ncn.Chain;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Payments;
using Ncn.ComputeWorker.Plants;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Operator;

/// <summary>The node as its operator sees it.</summary>
/// <param name="Accepted">Jobs taken in since the start.</param>
/// <param name="Completed">Jobs that ended with a receipt since the start.</param>
/// <param name="Earned">Charged over the node's life, atomic units.</param>
public sealed record NodeStatus(Address Operator, IReadOnlyList<ModelOffer> Models, int FreeSlots, long Accepted, long Completed, TokenAmount Earned);

/// <summary>What the operator can ask for, from this machine and with the operator's token.</summary>
internal static class OperatorEndpoints
{
    public static void MapOperator(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/ncn/v1/node").AddEndpointFilter<LoopbackOnly>().AddEndpointFilter<OperatorToken>();
        group.MapGet("/status", Status);
        group.MapPost("/claim", ClaimAsync);

        // The operator's validator can be on another machine.
        routes.MapPost("/ncn/v1/node/plants", Plant).AddEndpointFilter<OperatorToken>();
        routes.MapDelete("/ncn/v1/node/plants/{question}", Withdraw).AddEndpointFilter<OperatorToken>();
    }

    private static IResult Plant(PlantOrder order, PlantBook plants) => plants.Take(order)
        ? Results.Accepted()
        : Results.Problem("The order is not taken: Ncn:Worker:Plants is off, too many orders wait, or it is no question.", statusCode: StatusCodes.Status409Conflict);

    private static IResult Withdraw(string question, PlantBook plants)
    {
        if (!Hash32.TryParse(question, out Hash32 hash))
        {
            return Results.Problem("A question is named by its hash, 0x and 64 hex digits.", statusCode: StatusCodes.Status400BadRequest);
        }

        plants.Withdraw(hash);
        return Results.NoContent();
    }

    private static IResult Status(
        NodeIdentity node, NodeModels models, RunningJobs running, JobDesk desk, NodeCounters counters, VoucherLedger ledger) =>
        Results.Json(
            new NodeStatus(
                node.Address, models.Offers, running.Slots.Free, desk.Accepted, counters.Completed,
                ledger.Channels.Values.Aggregate(TokenAmount.Zero, (sum, account) => sum + account.State.Charged)),
            ProtocolJson.Options);

    private static async Task<IResult> ClaimAsync(Claims claims, CancellationToken cancellationToken)
    {
        try
        {
            return Results.Json(await claims.RunAsync(ClaimPolicy.Everything, cancellationToken), ProtocolJson.Options);
        }
        catch (ChainException exception)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status502BadGateway);
        }
    }
}
