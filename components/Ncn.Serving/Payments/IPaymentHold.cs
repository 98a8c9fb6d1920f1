using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Payments;

/// <summary>A request's payment from admission to its end. One implementation a scheme.</summary>
public interface IPaymentHold
{
    /// <summary>An earlier run was charged and did not store its answer: what it was charged stands.</summary>
    bool IsCharged { get; }

    /// <summary>Somebody else runs the same request: nothing is held here, and its answer will be there.</summary>
    bool IsRunningElsewhere { get; }

    /// <summary>The request was begun before and ended without a charge: it may have its answer.</summary>
    bool IsAnew { get; }

    /// <summary>Before the first byte of a stream: pays what must be paid first. What it returns goes into the header PAYMENT-RESPONSE.</summary>
    Task<SettlementResponse?> BeginStreamAsync(CancellationToken cancellationToken);

    /// <summary>Charges a delivered request; returns what it cost and the PAYMENT-RESPONSE value. Throws <see cref="PaymentException"/> when it cannot be paid.</summary>
    Task<(TokenAmount Cost, SettlementResponse Settlement)> ChargeAsync(TokenAmount amount);

    /// <summary>The answer is kept: the payment has what it paid for.</summary>
    Task DeliveredAsync();

    /// <summary>Nothing was delivered: gives everything back.</summary>
    Task ReleaseAsync();

    /// <summary>The same, and waits until it is known. False when somebody was paid for it, or is about to be: then it has its answer, or will have it.</summary>
    Task<bool> TryReleaseAsync();
}

/// <summary>A request whose ceiling is to be held.</summary>
/// <param name="Duration">How long it may take.</param>
public sealed record HoldCall(RequestId Request, TokenAmount Ceiling, TimeSpan Duration)
{
    /// <summary>
    /// True for a request that can be repeated: one that is charged already was run by a gateway that died before its answer was kept. It
    /// runs again, and its charge then stands as it was made.
    /// </summary>
    public bool IsRepeatable { get; init; }

    /// <summary>True for a request that waits in the queue: it outlives this process.</summary>
    public bool IsQueued { get; init; }

    /// <summary>True for one that was to run here, under the same reservation, and waits in the queue after all.</summary>
    public bool IsOverflow { get; init; }

    /// <summary>The charge itself is the answer: it is durable before it is told.</summary>
    public bool AwaitsCharge { get; init; }

    /// <summary>Tells requests under one key apart; null for one that cannot be repeated.</summary>
    public Hash32? Fingerprint { get; init; }

    /// <summary>The models that it may run on: the payer's policy is asked about each.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];
}
