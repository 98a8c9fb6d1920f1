using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests;

/// <summary>Which way a request takes.</summary>
internal enum RequestPath
{
    /// <summary>Run now; nobody can ask for it again.</summary>
    Direct,

    /// <summary>Run now, once under its key.</summary>
    DirectRepeatable,

    /// <summary>Put into the mempool, as the caller wants.</summary>
    Queued,

    /// <summary>Put into the mempool because no node has room; the caller waits.</summary>
    Overflow,
}

/// <summary>A request that is priced and has an id, on its way through the gateway.</summary>
/// <param name="Plans">One run for each input of the order, under one request id.</param>
/// <param name="Payment">Null when it costs nothing.</param>
/// <param name="Duration">How long it may take.</param>
internal sealed record RequestTicket(
    ClientCall Call, Order Order, PricedOrder Priced, IReadOnlyList<RunPlan> Plans, ClientPayment? Payment, TimeSpan Duration, RequestPath Path)
{
    internal RequestId Request => Plans[0].Request;

    /// <summary>True when the caller can repeat it.</summary>
    internal bool IsKeyed { get; init; }

    /// <summary>When its run began at its request's actor, unix milliseconds; 0 for one that was not begun there.</summary>
    internal ulong BegunAt { get; init; }

    /// <summary>True when its reservation is what keeps it from running twice: no other actor is asked before it runs.</summary>
    internal bool IsHeldByKey => Path == RequestPath.DirectRepeatable && Payment is ClientPayment.Voucher;

    /// <summary>Tells it from another request under the same key.</summary>
    internal Hash32 Fingerprint => RequestIds.Fingerprint(Call.Route, Order.Body.Span);

    internal DateTimeOffset Deadline => Plans[0].Deadline;
}
