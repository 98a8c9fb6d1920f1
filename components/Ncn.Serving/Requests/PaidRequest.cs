using Ncn.Serving.Calls;
using Ncn.Serving.Fairness;
using Ncn.Serving.Guests;
using Ncn.Serving.Hosting;
using Ncn.Serving.Observability;
using Ncn.Serving.Payments;
using Ncn.Serving.Quotes;
using Ncn.Serving.Requests.Growth;

namespace Ncn.Serving.Requests;

/// <summary>Lets a request in: price, payment, idempotency, then the direct or the queued path (design section 6, steps 1 to 5).</summary>
/// <remarks>
/// 1. price it, by the quote that it brings if it brings one; 2. let it in free if its caller has free requests left; else read the payment, ask for one if there is none, and wait for the payer's turn; 3. begin the request, or answer a repeat;
/// 4. hold the ceiling; 5. queue it when the caller wants that or no node has room, else run it; when the room is gone before the first token, queue it after all.
/// </remarks>
public sealed class PaidRequest(
    RequestPricing pricing, PaymentGate gate, RequestTickets tickets, RepeatedRequests repeats, KeyedRequests keyed, DirectRequests direct, QueueDesk queue,
    FairGate turns, QuoteBook quotes, GuestDesk guests, RequestWebhooks webhooks, GatewayMetrics metrics)
{
    /// <summary>Admits a request. Throws <see cref="PaymentException"/> or <see cref="ApiException"/> when it is refused.</summary>
    public async Task<Admission> AdmitAsync(ClientCall call, Order order, ApiError modelNotFound)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(order);
        ArgumentOutOfRangeException.ThrowIfNotEqual(order.Inputs.Count is > 0 and <= Order.MaxInputs, true);
        using var span = GatewayTraces.Admit(order.Model, order.Dialect);
        var priced = quotes.Honour(call, order, await PriceAsync(call, order, modelNotFound));
        if (await guests.InviteAsync(call, priced, () => gate.Read(call, priced.Ceiling)) is { } visit
            && await VisitAsync(call, order, visit, modelNotFound) is { } given)
        {
            return given;
        }

        var payment = Require(call, priced);
        if (payment is ClientPayment.Refund refund)
        {
            return new Admission.Answered(await gate.RefundAsync(refund, call.Gone));
        }

        if (call.PrefersAsync)
        {
            return await TakeAsync(tickets.Issue(await webhooks.CheckAsync(call), order, priced, payment, TimeSpan.Zero));
        }

        return await EnterAndTakeAsync(call, order, priced, payment, modelNotFound);
    }

    // A repeat is given its answer also when its guest has had all of today's; null when it is to pay.
    private async Task<Admission?> VisitAsync(ClientCall call, Order order, Visit visit, ApiError modelNotFound) =>
        visit.IsFree ? await WelcomeAsync(call, order, visit, modelNotFound)
        : RequestIds.ReadKey(call) is { } key && await repeats.FindAsync(visit.Guest, key, call.Route, order.Body) is { } answer ? new Admission.Repeated(answer)
        : null;

    // What is not let in is not counted, nor is a repeat that runs nothing.
    private async Task<Admission> WelcomeAsync(ClientCall call, Order order, Visit visit, ApiError modelNotFound)
    {
        Admission? given = null;
        try
        {
            return given = await EnterAndTakeAsync(call, order, visit.Priced, payment: null, modelNotFound);
        }
        finally
        {
            await (given is Admission.Running ? Task.CompletedTask : guests.ReturnAsync(visit.Guest));
        }
    }

    private async Task<Admission> EnterAndTakeAsync(ClientCall call, Order order, PricedOrder priced, ClientPayment? payment, ApiError modelNotFound)
    {
        call = await webhooks.CheckAsync(call);
        GatePass? pass = await EnterAsync(call, order, priced, payment);
        try
        {
            // Who had room when the request came may have none now; what was asked for stays the price.
            priced = pass.Waited == TimeSpan.Zero ? priced : priced with { Offers = (await PriceAsync(call, order, modelNotFound)).Offers };
            var admission = await TakeAsync(tickets.Issue(call, order, priced, payment, pass.Waited));
            pass = (admission as Admission.Running)?.Keep(pass) is true ? null : pass;
            return admission;
        }
        finally
        {
            pass?.Dispose();
        }
    }

    private async Task<PricedOrder> PriceAsync(ClientCall call, Order order, ApiError modelNotFound)
    {
        using var clock = metrics.Begin(Stage.Price);
        return GrowingPrice.Shorten(pricing, call, order, await pricing.PriceAsync(order, modelNotFound, call.Gone));
    }

    private ClientPayment? Require(ClientCall call, PricedOrder priced)
    {
        using var clock = metrics.Begin(Stage.Payment);
        var payment = priced.Ceiling.IsZero ? null : gate.Require(call, priced.Ceiling);
        GrowingPrice.Check(priced, payment is ClientPayment.Refund ? null : payment);
        return payment;
    }

    private async Task<GatePass> EnterAsync(ClientCall call, Order order, PricedOrder priced, ClientPayment? payment)
    {
        using var clock = metrics.Begin(Stage.Wait);
        var pass = await turns.EnterAsync(call, order, priced, payment);
        call.Watch?.Limit(pass.Limit, pass.Remaining);
        return pass;
    }

    private Task<Admission> TakeAsync(RequestTicket ticket) =>
        ticket.Path == RequestPath.Direct || ticket.IsHeldByKey ? RunAsync(ticket) : BeginAsync(ticket);

    private async Task<Admission> BeginAsync(RequestTicket ticket)
    {
        var (known, begun) = await repeats.BeginAsync(ticket);
        return known ?? (begun.Path == RequestPath.DirectRepeatable ? await RunAsync(begun) : await queue.EnqueueAsync(begun));
    }

    // The room that was there is gone: what was to run at once waits its turn, under the same id and reservation.
    private async Task<Admission> RunAsync(RequestTicket ticket) =>
        await (ticket.IsHeldByKey ? keyed.AdmitAsync(ticket) : direct.RunAsync(ticket))
        ?? await BeginAsync(ticket with { Path = RequestPath.Overflow });
}
