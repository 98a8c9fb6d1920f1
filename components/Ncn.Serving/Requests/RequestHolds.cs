using Ncn.Serving.Observability;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests;

/// <summary>Holds what requests may cost.</summary>
public sealed class RequestHolds(PaymentGate gate, RepeatedRequests repeats, GatewayMetrics metrics)
{
    /// <summary>Holds the ceiling; null when the request costs nothing. One that cannot be held leaves its key free for another try.</summary>
    internal async Task<IPaymentHold?> HoldAsync(RequestTicket ticket)
    {
        if (ticket.Payment is null)
        {
            return null;
        }

        using var clock = metrics.Begin(Stage.Hold);
        var isQueued = ticket.Path is RequestPath.Queued or RequestPath.Overflow;
        var call = new HoldCall(ticket.Request, ticket.Priced.Ceiling, ticket.Duration)
        {
            IsRepeatable = ticket.Path != RequestPath.Direct,
            IsQueued = isQueued,
            IsOverflow = ticket.Path == RequestPath.Overflow,
            Models = ticket.Order.Models,
            Fingerprint = ticket.IsKeyed ? ticket.Fingerprint : null,
        };
        try
        {
            var hold = await gate.HoldAsync(call, ticket.Payment, ticket.Call.Gone);
            metrics.Money(MoneyKind.Reserved, ticket.Priced.Ceiling);
            return hold;
        }
        catch when (call.IsRepeatable && !ticket.IsHeldByKey)
        {
            await repeats.AbandonAsync(ticket);
            throw;
        }
    }

    /// <summary>Whether it looks as if the ceiling could be held: a node may then begin while it is.</summary>
    internal bool IsLikelyGood(RequestTicket ticket) => ticket.Payment is not null && gate.IsLikelyGood(ticket.Payment, ticket.Priced.Ceiling);
}
