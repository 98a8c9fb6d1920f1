using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Queueing;

namespace Ncn.Serving.Requests;

/// <summary>Requests that may be asked for again: each runs once, and its repeats get its answer.</summary>
public sealed class RepeatedRequests(IActorProxyFactory actors, PaymentGate gate, JobPublisher queue, LiveAnswers answers, AnswerForms forms, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Begins the request; null when the caller is to run it, else what became of it.</summary>
    internal async Task<Admission?> BeginAsync(RequestTicket ticket)
    {
        var fingerprint = RequestIds.Fingerprint(ticket.Call.Route, ticket.Order.Body.Span);
        var queued = ticket.Path == RequestPath.DirectRepeatable ? null
            : queue.Describe(ticket.Plans[0], ticket.Order, (ticket.Payment as ClientPayment.Voucher)?.Signed, ticket.Priced.Ceiling);
        var begun = await Actor(ticket.Request).BeginAsync(new BeginCall(fingerprint, (ulong)ticket.Duration.TotalMilliseconds, queued));
        return begun.Outcome switch
        {
            BeginOutcome.Conflict => throw new ApiException(new ApiError(
                409, "idempotency_conflict", "This Idempotency-Key was used for a different request; use a new key.", "Idempotency-Key")),
            BeginOutcome.Completed => new Admission.Repeated(await SettleAsync(ticket, begun.Answer!)),
            BeginOutcome.InProgress when ticket.Path == RequestPath.Queued => new Admission.Queued(ticket.Request),
            BeginOutcome.InProgress when Running(ticket) is { } live => Attach(ticket, live),
            BeginOutcome.InProgress => new Admission.Repeated(await WaitAsync(ticket)),
            _ => null,
        };
    }

    // A transfer's answer is given when it is settled, so who repeats one waits for that.
    private LiveAnswer? Running(RequestTicket ticket) =>
        forms.Knows(ticket.Order.Dialect) && ticket.Payment is not ClientPayment.Exact ? answers.Find(ticket.Request) : null;

    private static Admission.Attached Attach(RequestTicket ticket, LiveAnswer live)
    {
        live.Follow(ticket.Call.Gone);
        return new Admission.Attached(live);
    }

    /// <summary>Waits for the answer that another run or a node of the queue will give.</summary>
    internal async Task<StoredAnswer> WaitAsync(RequestTicket ticket)
    {
        while (time.GetUtcNow() < ticket.Deadline)
        {
            if (await Actor(ticket.Request).GetAsync() is { Answer: { } answer })
            {
                return await SettleAsync(ticket, answer);
            }

            await Task.Delay(Interval, time, ticket.Call.Gone);
        }

        throw new ApiException(new ApiError(
            504, "queued_too_long", $"The request still waits for a node; ask GET /v1/requests/{ticket.Request} for it later.") { RetryAfterSeconds = 5 });
    }

    /// <summary>Keeps the answer.</summary>
    internal Task CompleteAsync(RequestId request, StoredAnswer answer) => Actor(request).CompleteAsync(answer);

    /// <summary>The run delivered nothing: a repeat begins anew.</summary>
    internal Task AbandonAsync(RequestId request) => Actor(request).AbandonAsync();

    private Task<StoredAnswer> SettleAsync(RequestTicket ticket, StoredAnswer answer) =>
        gate.SettleStoredAsync(ticket.Request, ticket.Payment, ticket.Priced.Ceiling, answer);

    private IRequestActor Actor(RequestId request) =>
        actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);
}
