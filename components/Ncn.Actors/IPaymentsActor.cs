using Dapr.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>
/// Holds <see cref="OpenPayments"/> of one operator: payments by "exact" that are settled and not delivered, or owed back. All gateways
/// that are paid at one address share it, so that a payment pays for one request at one of them.
/// </summary>
public interface IPaymentsActor : IActor
{
    /// <summary>What is known of a payment; null when it is not open.</summary>
    Task<OpenPayment?> FindAsync(Hash32 id);

    /// <summary>All payments that are open or owed.</summary>
    Task<OpenPayment[]> ListAsync();

    /// <summary>Before a payment's transaction is sent.</summary>
    Task<OpenPaymentResult> OpenAsync(OpenPaymentCall call);

    /// <summary>Its answer is durable, or it will never be settled.</summary>
    Task CloseAsync(Hash32 id);

    /// <summary>It was settled and its answer will never come.</summary>
    Task<OpenPaymentResult> OweAsync(Hash32 id);

    /// <summary>It was paid back.</summary>
    Task<OpenPaymentResult> ReturnAsync(ReturnCall call);
}

/// <param name="Request">What the payment is for.</param>
public sealed record OpenPaymentCall(ExactPayload Payload, RequestId Request);

/// <param name="Transaction">What paid it back.</param>
public sealed record ReturnCall(Hash32 Id, Hash32 Transaction);

/// <param name="Payment">As it is now; null when it is unknown.</param>
public sealed record OpenPaymentResult(OpenPaymentOutcome Outcome, OpenPayment? Payment);
