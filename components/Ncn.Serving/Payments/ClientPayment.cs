using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Payments;

/// <summary>A payment that came with a request, checked as far as that needs neither ledger nor chain.</summary>
public abstract record ClientPayment
{
    private ClientPayment()
    {
    }

    /// <summary>Who answers for it: whose idempotency keys it may use.</summary>
    public abstract Address Caller { get; }

    /// <summary>The payer's own name of the payment (x402 extension payment-identifier): an idempotency key. Null when it gave none.</summary>
    public string? Identifier { get; init; }

    /// <summary>A promise from a channel.</summary>
    /// <param name="IsStrict">The payer is held to the scheme's equality.</param>
    /// <param name="Deposit">What is to be moved into the channel first; null when it holds enough.</param>
    public sealed record Voucher(SignedVoucher Signed, bool IsStrict, DepositView? Deposit) : ClientPayment
    {
        public override Address Caller => Signed.Config.VoucherSigner;
    }

    /// <summary>A transfer for this one request.</summary>
    /// <param name="Version">The x402 version that the payer speaks.</param>
    public sealed record Exact(ExactPayload Payload, int Version) : ClientPayment
    {
        public override Address Caller => Payload.Authorization.From;
    }

    /// <summary>No payment: the payer wants back what its channel was not charged.</summary>
    /// <param name="Amount">How much; null for all.</param>
    public sealed record Refund(SignedVoucher Signed, TokenAmount? Amount) : ClientPayment
    {
        public override Address Caller => Signed.Config.VoucherSigner;
    }
}
