using System.Runtime.CompilerServices;
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
/// </remarks>
public sealed class GrowingRuns(DirectRunner runner, RequestPricing pricing, VoucherDesk vouchers)
{
    /// <param name="holding">The first step, which is being held.</param>
    internal async IAsyncEnumerable<RunPart> RunAsync(RequestTicket ticket, Task<IPaymentHold?> holding, [EnumeratorCancellation] CancellationToken stop)
    {
        var (legs, priced, allowed) = (new RunLegs(ticket.Plans[0]), ticket.Priced, (TokenAmount?)ticket.Priced.Ceiling);
        do
        {
            var plan = legs.Next(pricing.Covered(priced, legs.Rest, TokenAmount.SubtractOrZero(allowed.Value, pricing.CostOf(legs.Ends))));
            await foreach (var part in runner.RunAsync(plan, RequestPricing.NodeCeilingOf(priced, plan.Limit), stop))
            {
                legs.Add(part);
                if (part is not RunPart.Finished)
                {
                    yield return part;
                }
            }

            allowed = legs.IsOver || stop.IsCancellationRequested ? null : await MoreAsync(ticket, legs, await holding, stop);
        }
        while (allowed is not null);
        yield return legs.End();
    }

    private async Task<TokenAmount?> MoreAsync(RequestTicket ticket, RunLegs legs, IPaymentHold? hold, CancellationToken stop) => hold is BatchHold batch
        ? await vouchers.MoreAsync(ticket, batch, pricing.CostOf(legs.Ends) + GrowingPrice.NextStep(pricing, ticket.Priced, legs.Rest), stop)
        : null;
}
