using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Answers;
using Ncn.Serving.Hosting;
using Ncn.Serving.OpenAi;
using Ncn.Serving.Payments;
using Ncn.Serving.Queueing;

namespace Ncn.Serving.Requests;

/// <summary>Requests that may be asked for again: each runs once, and its repeats get its answer.</summary>
public sealed class RepeatedRequests(
    IActorProxyFactory actors, PaymentGate gate, JobPublisher queue, LiveAnswers answers, AnswerForms forms, RequestIds ids, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Begins the request: what became of it, or, with null, the ticket with which the caller is to run it.</summary>
    internal async Task<(Admission? Known, RequestTicket Begun)> BeginAsync(RequestTicket ticket)
    {
        var queued = ticket.Path == RequestPath.DirectRepeatable ? null
            : queue.Describe(ticket.Plans[0], ticket.Order, (ticket.Payment as ClientPayment.Voucher)?.Signed, ticket.Priced.Ceiling);
        var begun = await Actor(ticket.Request).BeginAsync(new BeginCall(ticket.Fingerprint, (ulong)ticket.Duration.TotalMilliseconds, queued));
        return (await KnownAsync(ticket, begun), ticket with { BegunAt = begun.BegunAt });
    }

    private async Task<Admission?> KnownAsync(RequestTicket ticket, BeginResult begun) => begun.Outcome switch
    {
        BeginOutcome.Conflict => throw new ApiException(ApiError.KeyConflict),
        BeginOutcome.Completed when AttachKept(ticket) is { } kept => kept,
        BeginOutcome.Completed => new Admission.Repeated(await SettleAsync(ticket, begun.Answer!)),
        BeginOutcome.InProgress when ticket.Path == RequestPath.Queued => new Admission.Queued(ticket.Request),
        BeginOutcome.InProgress when Running(ticket) is { } live => Attach(ticket, live),
        BeginOutcome.InProgress => new Admission.Repeated(await WaitAsync(ticket)),
        _ => null,
    };

    // A transfer's answer is given when it is settled, so who repeats one waits for that.
    private LiveAnswer? Running(RequestTicket ticket) =>
        forms.Knows(ticket.Order.Dialect) && ticket.Payment is not ClientPayment.Exact ? answers.Find(ticket.Request) : null;

    /// <summary>Reads along with a run of this process; null when there is none to read.</summary>
    internal Admission.Attached? Attach(RequestTicket ticket) => Running(ticket) is { } live ? Attach(ticket, live) : null;

    /// <summary>Reads again what a run of this process has left, and what was kept of it; null when it is not there any more.</summary>
    internal Admission.Attached? AttachKept(RequestTicket ticket) =>
        Running(ticket) is { Answer.IsCompletedSuccessfully: true } kept ? Attach(ticket, kept) : null;

    /// <summary>Whether a run of this process can be read along with.</summary>
    internal bool IsLive(RequestTicket ticket) => Running(ticket) is not null;

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
            if (await FindAsync(ticket) is { } answer)
            {
                return answer;
            }

            await Task.Delay(Interval, time, ticket.Call.Gone);
        }

        throw new ApiException(new ApiError(
            504, "queued_too_long", $"The request still waits for a node; ask GET /v1/requests/{ticket.Request} for it later.") { RetryAfterSeconds = 5 });
    }

    /// <summary>The answer that was kept, settled; null when none is.</summary>
    internal async Task<StoredAnswer?> FindAsync(RequestTicket ticket) => await Actor(ticket.Request).GetAsync() is { Answer: { } answer } view
        ? await SettleAsync(ticket, ticket.IsKeyed && view.Fingerprint != ticket.Fingerprint ? throw new ApiException(ApiError.KeyConflict) : answer)
        : null;

    /// <summary>The answer that was kept for a guest under its key; null when none is, or it is another request's.</summary>
    internal async Task<StoredAnswer?> FindAsync(string guest, string key, string route, ReadOnlyMemory<byte> body) =>
        await Actor(ids.FromKey(guest, key)).GetAsync() is { Answer: { } answer } view && view.Fingerprint == RequestIds.Fingerprint(route, body.Span) ? answer : null;

    /// <summary>Keeps the answer of a request that can be repeated and was begun at its actor.</summary>
    internal Task CompleteAsync(RequestTicket ticket, StoredAnswer answer) =>
        ticket.Path == RequestPath.DirectRepeatable ? Actor(ticket.Request).CompleteAsync(answer) : Task.CompletedTask;

    /// <summary>What repeats are told of a run that delivered and charged a part of an answer.</summary>
    internal StoredAnswer Cut(RequestTicket ticket, TokenAmount cost)
    {
        var error = new ApiError(
            409, "answer_cut", $"The answer to this request was cut short; {cost} atomic units were charged for the part that was delivered. Send it again with a new key.",
            "Idempotency-Key");
        var body = forms.Knows(ticket.Order.Dialect) ? forms.Of(ticket.Order.Dialect).Error(error) : OpenAiError.Json(error);
        return new StoredAnswer(error.Status, body, StoredAnswers.Headers(ticket.Request, cost, null), cost);
    }

    /// <summary>The run delivered nothing: a repeat begins anew.</summary>
    internal Task AbandonAsync(RequestTicket ticket) => Actor(ticket.Request).AbandonAsync(ticket.BegunAt);

    /// <summary>The same for a run of this process, unless its reservation alone had begun it.</summary>
    internal Task ForgetAsync(RequestTicket ticket) =>
        ticket.Path == RequestPath.DirectRepeatable && !ticket.IsHeldByKey ? AbandonAsync(ticket) : Task.CompletedTask;

    private Task<StoredAnswer> SettleAsync(RequestTicket ticket, StoredAnswer answer) =>
        gate.SettleStoredAsync(ticket.Request, ticket.Payment, ticket.Priced.Ceiling, answer);

    private IRequestActor Actor(RequestId request) =>
        actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);
}
