using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Payments;

/// <summary>A request's payment from admission to its end. One implementation a scheme.</summary>
public interface IPaymentHold
{
    /// <summary>An earlier run was charged and did not store its answer: what it was charged stands.</summary>
    bool IsCharged { get; }

    /// <summary>Before the first byte of a stream: pays what must be paid first. What it returns goes into the header PAYMENT-RESPONSE.</summary>
    Task<SettlementResponse?> BeginStreamAsync(CancellationToken cancellationToken);

    /// <summary>Charges a delivered request; returns what it cost and the PAYMENT-RESPONSE value. Throws <see cref="PaymentException"/> when it cannot be paid.</summary>
    Task<(TokenAmount Cost, SettlementResponse Settlement)> ChargeAsync(TokenAmount amount);

    /// <summary>The answer is kept: the payment has what it paid for.</summary>
    Task DeliveredAsync();

    /// <summary>Nothing was delivered: gives everything back.</summary>
    Task ReleaseAsync();
}
