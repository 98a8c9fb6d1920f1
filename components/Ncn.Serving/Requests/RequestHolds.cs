using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests;

/// <summary>Holds what requests may cost.</summary>
public sealed class RequestHolds(PaymentGate gate, RepeatedRequests repeats)
{
    /// <summary>Holds the ceiling; null when the request costs nothing. One that cannot be held leaves its key free for another try.</summary>
    internal async Task<IPaymentHold?> HoldAsync(RequestTicket ticket)
    {
        var repeatable = ticket.Path != RequestPath.Direct;
        try
        {
            return ticket.Payment is null
                ? null
                : await gate.HoldAsync(ticket.Request, ticket.Payment, ticket.Priced.Ceiling, ticket.Duration, repeatable, ticket.Call.Gone);
        }
        catch when (repeatable)
        {
            await repeats.AbandonAsync(ticket.Request);
            throw;
        }
    }
}
