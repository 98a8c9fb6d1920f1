using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>How far a payment by "exact" has come.</summary>
public enum OpenPaymentPhase
{
    /// <summary>It may be settled at any moment, and its answer is not delivered yet.</summary>
    Open,

    /// <summary>It was settled and its answer will never come: it is owed back.</summary>
    Owed,

    /// <summary>It was paid back.</summary>
    Returned,
}

/// <summary>A payment between its settlement and its delivery.</summary>
/// <param name="Id"><see cref="ExactPayload.Id"/>.</param>
/// <param name="Payload">What the payer signed.</param>
/// <param name="Request">What it pays for: a payment pays for one request.</param>
/// <param name="OpenedAt">Unix milliseconds.</param>
/// <param name="Return">The transaction that paid it back.</param>
public sealed record OpenPayment(
    Hash32 Id, ExactPayload Payload, RequestId Request, ulong OpenedAt, OpenPaymentPhase Phase, Hash32? Return = null);

/// <summary>What can happen to payments. Time comes in as unix milliseconds.</summary>
public abstract record OpenPaymentInput(ulong Now)
{
    /// <summary>Before the transaction is sent. A repeat for the same request goes on where it was.</summary>
    public sealed record Open(ulong Now, ExactPayload Payload, RequestId Request) : OpenPaymentInput(Now);

    /// <summary>Its answer is durable, or it will never be settled: nothing is owed.</summary>
    public sealed record Close(ulong Now, Hash32 Id) : OpenPaymentInput(Now);

    /// <summary>It was settled and its answer will never come.</summary>
    public sealed record Owe(ulong Now, Hash32 Id) : OpenPaymentInput(Now);

    /// <summary>It was paid back.</summary>
    public sealed record Return(ulong Now, Hash32 Id, Hash32 Transaction) : OpenPaymentInput(Now);
}

/// <summary>How a step ended.</summary>
public enum OpenPaymentOutcome
{
    Accepted,

    /// <summary>The payment pays for another request already.</summary>
    OtherRequest,

    /// <summary>It is owed or was paid back; it pays for nothing any more.</summary>
    Ended,

    /// <summary>Too many payments are open; try again in a moment.</summary>
    TooMany,

    /// <summary>There is no such payment.</summary>
    Unknown,
}

/// <summary>The payments to one operator that are settled and not delivered, or owed: what must not be forgotten when a gateway dies.</summary>
/// <remarks>
/// 1. open, durable, before the transaction leaves; 2. settle; 3. the answer durable, then close. A gateway that dies after 2 leaves an
/// open payment behind: the same payload goes on with it, and after a while it is found and paid back.
/// </remarks>
public sealed record OpenPayments(ImmutableDictionary<Hash32, OpenPayment> All)
{
    /// <summary>Most payments at a time.</summary>
    public const int Max = 4096;

    /// <summary>How long a payment that was paid back is remembered, milliseconds; afterwards the chain itself says that it is used.</summary>
    public const ulong MemoryMilliseconds = 24UL * 60 * 60 * 1000;

    /// <summary>None.</summary>
    public static OpenPayments Empty { get; } = new(ImmutableDictionary<Hash32, OpenPayment>.Empty);

    /// <summary>One step, to be durable before its result leaves the process.</summary>
    public static (OpenPayments State, OpenPaymentOutcome Outcome, OpenPayment? Payment) Apply(OpenPayments state, OpenPaymentInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        return input switch
        {
            OpenPaymentInput.Open open => Open(Prune(state, input.Now), open),
            OpenPaymentInput.Close close => (new OpenPayments(state.All.Remove(close.Id)), OpenPaymentOutcome.Accepted, null),
            OpenPaymentInput.Owe owe => Change(state, owe.Id, static payment =>
                payment.Phase == OpenPaymentPhase.Open ? payment with { Phase = OpenPaymentPhase.Owed } : payment),
            OpenPaymentInput.Return back => Change(state, back.Id, payment =>
                payment with { Phase = OpenPaymentPhase.Returned, Return = back.Transaction }),
            _ => throw new ArgumentException($"{input.GetType().Name} is not an input of payments.", nameof(input)),
        };
    }

    private static (OpenPayments, OpenPaymentOutcome, OpenPayment?) Open(OpenPayments state, OpenPaymentInput.Open input)
    {
        var id = input.Payload.Id();
        if (state.All.TryGetValue(id, out var known))
        {
            var outcome = known.Phase != OpenPaymentPhase.Open ? OpenPaymentOutcome.Ended
                : known.Request != input.Request || known.Payload != input.Payload ? OpenPaymentOutcome.OtherRequest
                : OpenPaymentOutcome.Accepted;
            return (state, outcome, known);
        }

        if (state.All.Count >= Max)
        {
            return (state, OpenPaymentOutcome.TooMany, null);
        }

        var payment = new OpenPayment(id, input.Payload, input.Request, input.Now, OpenPaymentPhase.Open);
        return (new OpenPayments(state.All.Add(id, payment)), OpenPaymentOutcome.Accepted, payment);
    }

    private static (OpenPayments, OpenPaymentOutcome, OpenPayment?) Change(OpenPayments state, Hash32 id, Func<OpenPayment, OpenPayment> change)
    {
        if (!state.All.TryGetValue(id, out var payment))
        {
            return (state, OpenPaymentOutcome.Unknown, null);
        }

        var changed = change(payment);
        return (new OpenPayments(state.All.SetItem(id, changed)), OpenPaymentOutcome.Accepted, changed);
    }

    private static OpenPayments Prune(OpenPayments state, ulong now)
    {
        var forgotten = state.All.Values.Where(payment => payment.Phase == OpenPaymentPhase.Returned
            && payment.OpenedAt + MemoryMilliseconds < now).Select(static payment => payment.Id).ToArray();
        return forgotten.Length == 0 ? state : new OpenPayments(state.All.RemoveRange(forgotten));
    }
}
