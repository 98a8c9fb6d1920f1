using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests;

/// <summary>Runs requests at once: holds the ceiling, waits for the first piece, and hands the run out with what ends it.</summary>
public sealed class DirectRequests(RequestHolds holds, RepeatedRequests repeats, ChoiceRunner runner, RequestPricing pricing)
{
    /// <summary>The run, with its first piece at hand; null when no node has room any more and the request may wait for one.</summary>
    internal async Task<Admission?> RunAsync(RequestTicket ticket)
    {
        var hold = await holds.HoldAsync(ticket);
        // Who pays by exact pays for the whole answer, and can come back for it.
        var stop = ticket.Payment is ClientPayment.Exact ? CancellationToken.None : ticket.Call.Gone;
        var parts = runner.RunAsync(ticket.Plans, ticket.Priced.NodeCeiling, stop).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            await parts.MoveNextAsync();
        }
        catch (Exception failure)
        {
            await parts.DisposeAsync();
            if (MayWait(ticket, failure))
            {
                await (ticket.Path == RequestPath.DirectRepeatable ? repeats.AbandonAsync(ticket.Request) : Task.CompletedTask);
                return null;
            }

            await GiveBackAsync(ticket, hold);
            throw;
        }

        return new Admission.Running(
            ticket.Request, FromFirstAsync(parts), () => hold?.BeginStreamAsync(stop) ?? Task.FromResult<SettlementResponse?>(null),
            ends => ChargeAsync(hold, ends), answer => StoreAsync(ticket, hold, answer), () => GiveBackAsync(ticket, hold));
    }

    private static bool MayWait(RequestTicket ticket, Exception failure) =>
        failure is ApiException { Error.Code: ApiError.NoCapacity } && ticket.Order is { Node: null, Inputs.Count: 1 };

    private static async IAsyncEnumerable<RunPart> FromFirstAsync(IAsyncEnumerator<RunPart> parts)
    {
        await using (parts)
        {
            do
            {
                yield return parts.Current;
            }
            while (await parts.MoveNextAsync());
        }
    }

    private async Task<(TokenAmount, SettlementResponse?)> ChargeAsync(IPaymentHold? hold, IReadOnlyList<RunPart.Finished> ends) =>
        hold is null ? (TokenAmount.Zero, null) : await hold.ChargeAsync(pricing.CostOf(ends));

    private async Task StoreAsync(RequestTicket ticket, IPaymentHold? hold, StoredAnswer answer)
    {
        await (ticket.Path == RequestPath.DirectRepeatable ? repeats.CompleteAsync(ticket.Request, answer) : Task.CompletedTask);
        await (hold?.DeliveredAsync() ?? Task.CompletedTask);
    }

    private async Task GiveBackAsync(RequestTicket ticket, IPaymentHold? hold)
    {
        await (hold?.ReleaseAsync() ?? Task.CompletedTask);

        // What was charged for this body must not be forgotten: the same key could ask for a dearer one. Its lease passes by itself.
        var forget = ticket.Path == RequestPath.DirectRepeatable && hold is not { IsCharged: true };
        await (forget ? repeats.AbandonAsync(ticket.Request) : Task.CompletedTask);
    }
}
