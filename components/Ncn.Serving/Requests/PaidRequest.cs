using System.Security.Cryptography;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Queueing;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Requests;

/// <summary>Lets a request in: price, payment, idempotency, then the direct or the queued path (design section 6, steps 1 to 5).</summary>
/// <remarks>
/// 1. price it; 2. read the payment, ask for one if there is none; 3. begin the request, or answer a repeat; 4. hold the ceiling;
/// 5. queue it when the caller wants that or no node has room, else run it; when the room is gone before the first token, queue it after all.
/// </remarks>
public sealed class PaidRequest(
    RoutingTable routing, PaymentGate gate, DirectRunner runner, JobPublisher queue, RequestIds ids, IActorProxyFactory actors,
    IOptions<GatewayOptions> options, GatewayIdentity identity, TimeProvider time)
{
    /// <summary>Admits a request. Throws <see cref="PaymentException"/> or <see cref="ApiException"/> when it is refused.</summary>
    public async Task<Admission> AdmitAsync(HttpContext http, Order order, ApiError modelNotFound)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(order);
        var offers = await OffersAsync(order, http.RequestAborted);
        if (offers.Count == 0)
        {
            throw new ApiException(modelNotFound);
        }

        CheckContext(order, offers);
        var wantsQueue = WantsQueue(http);
        CheckPinned(order, offers, wantsQueue);
        var duration = TimeSpan.FromSeconds(wantsQueue ? options.Value.QueuedSeconds : options.Value.RequestSeconds);
        var nodeCeiling = offers.Select(candidate => UsagePrice.Of(candidate.Offer.Price, order.Limit)).Max();
        var ceiling = identity.FreeOfCharge ? TokenAmount.Zero : UsagePrice.WithMargin(nodeCeiling, options.Value.MarginBasisPoints);
        var payment = ceiling.IsZero ? null : gate.Require(http, ceiling);
        if (payment is ClientPayment.Refund refund)
        {
            return new Admission.Answered(await gate.RefundAsync(refund, http.RequestAborted));
        }

        RefuseQueue(payment, wantsQueue);
        var key = KeyOf(payment, RequestIds.ReadKey(http));
        var request = key is null ? RequestIds.Random() : ids.FromKey(payment?.Caller.ToString() ?? "anonymous", key);
        var plan = new RunPlan(request, order.Model, order.Input, order.Limit, order.Seed ?? DrawSeed(), time.GetUtcNow() + duration)
        {
            FirstAttempt = key is null ? 0 : DrawFirstAttempt(),
            Node = order.Node,
        };
        var path = wantsQueue ? Path.Queued
            : !offers.Any(static candidate => candidate.FreeSlots > 0) ? Path.Overflow
            : key is null ? Path.Direct : Path.DirectRepeatable;
        var ticket = new Ticket(plan, order, payment, ceiling, nodeCeiling, duration, path);
        return path == Path.Direct ? await RunAsync(http, ticket, repeatable: false) : await BeginAsync(http, ticket);
    }

    // A transfer pays for one request, whatever key the client thought of: its nonce is the key.
    private static string? KeyOf(ClientPayment? payment, string? given) =>
        payment is ClientPayment.Exact exact ? RequestIds.KeyOf(exact.Payload) : given;

    private static void RefuseQueue(ClientPayment? payment, bool wantsQueue)
    {
        if (wantsQueue && payment is ClientPayment.Exact)
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_payment", "An answer for later cannot be paid by exact, which is settled when the answer is there; pay by batch-settlement.", "Prefer"));
        }
    }

    // Where nobody pays the gateway, it pays nobody: a node that wants money is not there.
    private async Task<IReadOnlyList<Candidate>> OffersAsync(Order order, CancellationToken cancellationToken)
    {
        var offers = await routing.FindAsync(order.Model, cancellationToken);
        offers = order.Node is { } node ? [.. offers.Where(candidate => candidate.Node.Operator == node)] : offers;
        return identity.FreeOfCharge ? [.. offers.Where(static candidate => candidate.Offer.Price.IsFree)] : offers;
    }

    private static void CheckPinned(Order order, IReadOnlyList<Candidate> offers, bool wantsQueue)
    {
        if (order.Node is null)
        {
            return;
        }

        if (wantsQueue)
        {
            throw new ApiException(ApiError.BadRequest(
                "unsupported_preference", "A request for one node cannot wait in the queue, from which any node pulls; leave respond-async out.", "Prefer"));
        }

        if (!offers.Any(static candidate => candidate.FreeSlots > 0))
        {
            throw new ApiException(ApiError.NoRoom(order.Model));
        }
    }

    private async Task<Admission> BeginAsync(HttpContext http, Ticket ticket)
    {
        var actor = Actor(ticket.Plan.Request);
        var fingerprint = RequestIds.Fingerprint(http.Request.Path, ticket.Order.Body.Span);
        var queued = ticket.Path == Path.DirectRepeatable ? null
            : queue.Describe(ticket.Plan, ticket.Order, (ticket.Payment as ClientPayment.Voucher)?.Signed, ticket.Ceiling);
        var begun = await actor.BeginAsync(new BeginCall(fingerprint, (ulong)ticket.Duration.TotalMilliseconds, queued));
        switch (begun.Outcome)
        {
            case BeginOutcome.Conflict:
                throw new ApiException(new ApiError(
                    409, "idempotency_conflict", "This Idempotency-Key was used for a different request; use a new key.", "Idempotency-Key"));
            case BeginOutcome.Completed:
                return new Admission.Repeated(await gate.SettleStoredAsync(ticket.Plan.Request, ticket.Payment, ticket.Ceiling, begun.Answer!));
            case BeginOutcome.InProgress when ticket.Path == Path.Queued:
                return new Admission.Queued(ticket.Plan.Request);
            case BeginOutcome.InProgress:
                return new Admission.Repeated(await WaitAsync(http, ticket));
        }

        return ticket.Path == Path.DirectRepeatable ? await RunAsync(http, ticket, repeatable: true) : await EnqueueAsync(http, ticket);
    }

    private async Task<Admission> RunAsync(HttpContext http, Ticket ticket, bool repeatable)
    {
        var hold = await HoldAsync(ticket, repeatable, http.RequestAborted);
        var actor = Actor(ticket.Plan.Request);
        // Who pays by exact pays for the whole answer, and can come back for it.
        var stop = ticket.Payment is ClientPayment.Exact ? CancellationToken.None : http.RequestAborted;
        var parts = runner.RunAsync(ticket.Plan, ticket.NodeCeiling, stop).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            await parts.MoveNextAsync();
        }
        catch (Exception failure)
        {
            await parts.DisposeAsync();
            if (failure is ApiException { Error.Code: ApiError.NoCapacity } && ticket.Order.Node is null)
            {
                return await OverflowAsync(http, ticket, repeatable);
            }

            await GiveBackAsync();
            throw;
        }

        return new Admission.Running(
            ticket.Plan.Request, FromFirstAsync(parts), () => hold?.BeginStreamAsync(stop) ?? Task.FromResult<SettlementResponse?>(null),
            end => ChargeAsync(hold, end), StoreAsync, GiveBackAsync);

        async Task StoreAsync(StoredAnswer answer)
        {
            await (repeatable ? actor.CompleteAsync(answer) : Task.CompletedTask);
            await (hold?.DeliveredAsync() ?? Task.CompletedTask);
        }

        async Task GiveBackAsync()
        {
            await (hold?.ReleaseAsync() ?? Task.CompletedTask);

            // What was charged for this body must not be forgotten: the same key could ask for a dearer one. Its lease passes by itself.
            await (repeatable && hold is not { IsCharged: true } ? actor.AbandonAsync() : Task.CompletedTask);
        }
    }

    // The room that was there is gone: what was to run at once waits its turn, under the same id and reservation.
    private async Task<Admission> OverflowAsync(HttpContext http, Ticket ticket, bool repeatable)
    {
        await (repeatable ? Actor(ticket.Plan.Request).AbandonAsync() : Task.CompletedTask);
        return await BeginAsync(http, ticket with { Path = Path.Overflow });
    }

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

    private async Task<Admission> EnqueueAsync(HttpContext http, Ticket ticket)
    {
        var hold = await HoldAsync(ticket, repeatable: true, http.RequestAborted);
        try
        {
            await queue.SubmitAsync(ticket.Plan, ticket.Ceiling);
        }
        catch
        {
            // It may be in the queue all the same: a node that takes it is told that nobody waits for it.
            await (hold?.ReleaseAsync() ?? Task.CompletedTask);
            await (hold is { IsCharged: true } ? Task.CompletedTask : Actor(ticket.Plan.Request).AbandonAsync());
            throw;
        }

        return ticket.Path == Path.Queued
            ? new Admission.Queued(ticket.Plan.Request)
            : new Admission.Repeated(await WaitAsync(http, ticket));
    }

    private async Task<IPaymentHold?> HoldAsync(Ticket ticket, bool repeatable, CancellationToken cancellationToken)
    {
        try
        {
            return ticket.Payment is null
                ? null
                : await gate.HoldAsync(ticket.Plan.Request, ticket.Payment, ticket.Ceiling, ticket.Duration, repeatable, cancellationToken);
        }
        catch when (repeatable)
        {
            await Actor(ticket.Plan.Request).AbandonAsync();
            throw;
        }
    }

    private async Task<(TokenAmount, SettlementResponse?)> ChargeAsync(IPaymentHold? hold, RunPart.Finished end)
    {
        if (hold is null)
        {
            return (TokenAmount.Zero, null);
        }

        var cost = UsagePrice.WithMargin(UsagePrice.Of(end.Offer.Price, end.Usage), options.Value.MarginBasisPoints);
        return await hold.ChargeAsync(cost);
    }

    private async Task<StoredAnswer> WaitAsync(HttpContext http, Ticket ticket)
    {
        while (time.GetUtcNow() < ticket.Plan.Deadline)
        {
            if (await Actor(ticket.Plan.Request).GetAsync() is { Answer: { } answer })
            {
                return await gate.SettleStoredAsync(ticket.Plan.Request, ticket.Payment, ticket.Ceiling, answer);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), time, http.RequestAborted);
        }

        throw new ApiException(new ApiError(
            504, "queued_too_long", $"The request still waits for a node; ask GET /v1/requests/{ticket.Plan.Request} for it later.") { RetryAfterSeconds = 5 });
    }

    private static void CheckContext(Order order, IReadOnlyList<Candidate> offers)
    {
        var offer = offers[0].Offer;
        if (offer.Kind == ModelOffer.Decoder && order.Limit.CompletionTokens >= offer.ContextTokens)
        {
            throw new ApiException(ApiError.BadRequest(
                "context_length_exceeded",
                $"max_tokens {order.Limit.CompletionTokens} leaves no room for a prompt in the {offer.ContextTokens} tokens of {offer.Name}; ask for fewer.",
                "max_tokens"));
        }
    }

    private static bool WantsQueue(HttpContext http) =>
        http.Request.Headers["Prefer"].Any(static value => value?.Contains("respond-async", StringComparison.OrdinalIgnoreCase) == true);

    // In the upper half, clear of the lease tokens that number the attempts of queued requests, and with room to count on.
    private static uint DrawFirstAttempt() => 0x8000_0000 | (BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4)) & 0x7FFF_FF00);

    private static ulong DrawSeed() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    private IRequestActor Actor(RequestId request) =>
        actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);

    private enum Path
    {
        Direct,
        DirectRepeatable,
        Queued,
        Overflow,
    }

    private sealed record Ticket(
        RunPlan Plan, Order Order, ClientPayment? Payment, TokenAmount Ceiling, TokenAmount NodeCeiling, TimeSpan Duration, Path Path);
}
