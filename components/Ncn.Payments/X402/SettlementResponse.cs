using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>What the seller answers (header PAYMENT-RESPONSE, base64 of this JSON), and a facilitator to POST /settle.</summary>
/// <param name="Transaction">The transaction that paid; empty for a voucher, which is settled later, in a batch.</param>
/// <param name="Amount">What the transaction moved; empty for vouchers: what was charged is in <paramref name="Extra"/>.</param>
/// <param name="ErrorReason">Why it did not succeed. <see cref="ExactError.SettlementPending"/> is not final: the same payload goes on.</param>
public sealed record SettlementResponse(
    bool Success, string Transaction, string Network, string? Amount, Address? Payer = null, string? ErrorReason = null,
    SettlementExtra? Extra = null)
{
    /// <summary>The reason in words; null when there is nothing to add.</summary>
    public string? ErrorMessage { get; init; }
}

/// <param name="ChannelState">batch-settlement: the channel afterwards.</param>
/// <param name="ChargedAmount">batch-settlement: what this request was charged; null for a refund.</param>
public sealed record SettlementExtra(TokenAmount? ChargedAmount, ChannelStateView ChannelState);
