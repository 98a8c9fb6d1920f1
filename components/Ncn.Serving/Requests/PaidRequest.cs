using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests;

/// <summary>Lets a request in: price, payment, idempotency, then the direct or the queued path (design section 6, steps 1 to 5).</summary>
/// <remarks>
/// 1. price it; 2. read the payment, ask for one if there is none; 3. begin the request, or answer a repeat; 4. hold the ceiling;
/// 5. queue it when the caller wants that or no node has room, else run it; when the room is gone before the first token, queue it after all.
/// </remarks>
public sealed class PaidRequest(
    RequestPricing pricing, PaymentGate gate, RequestTickets tickets, RepeatedRequests repeats, DirectRequests direct, QueueDesk queue)
{
    /// <summary>Admits a request. Throws <see cref="PaymentException"/> or <see cref="ApiException"/> when it is refused.</summary>
    public async Task<Admission> AdmitAsync(ClientCall call, Order order, ApiError modelNotFound)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(order);
        ArgumentOutOfRangeException.ThrowIfNotEqual(order.Inputs.Count is > 0 and <= Order.MaxInputs, true);
        var priced = await pricing.PriceAsync(order, modelNotFound, call.Gone);
        var payment = priced.Ceiling.IsZero ? null : gate.Require(call, priced.Ceiling);
        if (payment is ClientPayment.Refund refund)
        {
            return new Admission.Answered(await gate.RefundAsync(refund, call.Gone));
        }

        var ticket = tickets.Issue(call, order, priced, payment);
        return ticket.Path == RequestPath.Direct ? await RunAsync(ticket) : await BeginAsync(ticket);
    }

    private async Task<Admission> BeginAsync(RequestTicket ticket) =>
        await repeats.BeginAsync(ticket) is { } known ? known
        : ticket.Path == RequestPath.DirectRepeatable ? await RunAsync(ticket) : await queue.EnqueueAsync(ticket);

    // The room that was there is gone: what was to run at once waits its turn, under the same id and reservation.
    private async Task<Admission> RunAsync(RequestTicket ticket) =>
        await direct.RunAsync(ticket) ?? await BeginAsync(ticket with { Path = RequestPath.Overflow });
}
