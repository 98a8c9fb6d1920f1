using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Batch;

namespace Ncn.Serving.Requests.Growth;

/// <summary>Runs an answer as far as it is paid for, asks for more, and goes on: the client sees one stream.</summary>
/// <remarks>
/// A node never works beyond what the payer has promised: each leg is a job for the tokens that the payment covers, so nobody is owed
/// anything when no more comes. 1. run a leg; 2. when it ends because its tokens are used up, take a larger voucher (a leg pays for the
/// prompt again, so few large steps cost less than many small ones); 3. go on from the tokens that the client has, with the same seed.
/// When a later leg fails, the answer ends there and the legs before it are charged: the client has what they gave.
/// </remarks>
public sealed class GrowingRuns(DirectRunner runner, RequestPricing pricing, VoucherDesk vouchers, ILogger<GrowingRuns> log)
{
    /// <param name="holding">The first step, which is being held.</param>
    internal async IAsyncEnumerable<RunPart> RunAsync(RequestTicket ticket, Task<IPaymentHold?> holding, [EnumeratorCancellation] CancellationToken stop)
    {
        var (legs, priced, allowed) = (new RunLegs(ticket.Plans[0]), ticket.Priced, (TokenAmount?)ticket.Priced.Ceiling);
        do
        {
            var plan = legs.Next(pricing.Covered(priced, legs.Rest, TokenAmount.SubtractOrZero(allowed.Value, pricing.CostOf(legs.Ends))));
            await using var leg = runner.RunAsync(plan, RequestPricing.NodeCeilingOf(priced, plan.Limit), stop).GetAsyncEnumerator(CancellationToken.None);
            while (await NextAsync(leg, ticket, legs))
            {
                if (legs.Add(leg.Current) is { } part)
                {
                    yield return part;
                }
            }

            allowed = legs.IsOver || stop.IsCancellationRequested ? null : await MoreAsync(ticket, legs, holding, stop);
        }
        while (allowed is not null);
        foreach (var part in legs.End())
        {
            yield return part;
        }
    }

    // False at the leg's end, and when it failed after others.
    private async ValueTask<bool> NextAsync(IAsyncEnumerator<RunPart> leg, RequestTicket ticket, RunLegs legs)
    {
        try
        {
            return await leg.MoveNextAsync();
        }
        catch (Exception failure) when (legs.Ends.Count > 0 && failure is not OperationCanceledException)
        {
            log.LogWarning(failure, "Leg {Leg} of request {Request} failed; the answer ends with those before it", legs.Ends.Count + 1, ticket.Request);
            legs.Break();
            return false;
        }
    }

    private async Task<TokenAmount?> MoreAsync(RequestTicket ticket, RunLegs legs, Task<IPaymentHold?> holding, CancellationToken stop)
    {
        if (await holding is not BatchHold batch)
        {
            return null;
        }

        try
        {
            return await vouchers.MoreAsync(ticket, batch, pricing.CostOf(legs.Ends) + GrowingPrice.NextStep(pricing, ticket.Priced, legs.Rest), stop);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            log.LogWarning(failure, "Request {Request} could not get more of its payer's money; the answer ends with what was paid for", ticket.Request);
            return null;
        }
    }
}
