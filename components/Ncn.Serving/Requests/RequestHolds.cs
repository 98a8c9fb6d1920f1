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
        var repeatable = ticket.Path != RequestPath.Direct;
        try
        {
            var hold = await gate.HoldAsync(ticket.Request, ticket.Payment, ticket.Priced.Ceiling, ticket.Duration, repeatable, ticket.Call.Gone);
            metrics.Money(MoneyKind.Reserved, ticket.Priced.Ceiling);
            return hold;
        }
        catch when (repeatable)
        {
            await repeats.AbandonAsync(ticket.Request);
            throw;
        }
    }
}
