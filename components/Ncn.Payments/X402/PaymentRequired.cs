using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>What a seller asks for (x402 v2, header PAYMENT-REQUIRED, base64 of this JSON).</summary>
public sealed record PaymentRequired(
    int X402Version, ResourceInfo Resource, IReadOnlyList<PaymentRequirements> Accepts, string? Error = null);

/// <param name="Url">The resource that was asked for.</param>
public sealed record ResourceInfo(string Url, string? Description = null, string? MimeType = null);

/// <summary>One way to pay.</summary>
/// <param name="Scheme">"batch-settlement".</param>
/// <param name="Network">CAIP-2, "eip155:" and the chain id.</param>
/// <param name="Amount">The most that the request can cost, atomic units.</param>
/// <param name="Asset">The ERC-20.</param>
/// <param name="PayTo">The receiver.</param>
/// <param name="MaxTimeoutSeconds">How long the seller may take.</param>
public sealed record PaymentRequirements(
    string Scheme, string Network, TokenAmount Amount, Address Asset, Address PayTo, int MaxTimeoutSeconds, RequirementsExtra Extra);

/// <summary>What batch-settlement adds to the requirements.</summary>
/// <param name="Name">EIP-712 name of the asset.</param>
/// <param name="Version">EIP-712 version of the asset.</param>
/// <param name="ChannelState">In a corrective answer: the channel as the seller sees it.</param>
/// <param name="VoucherState">In a corrective answer: the highest voucher that the seller holds.</param>
public sealed record RequirementsExtra(
    Address ReceiverAuthorizer, ulong WithdrawDelay, string Name, string Version,
    ChannelStateView? ChannelState = null, VoucherStateView? VoucherState = null);

/// <summary>A channel as the seller sees it.</summary>
/// <param name="Balance">On chain, claims included.</param>
/// <param name="ChargedCumulativeAmount">The sum of all charges, claimed or not.</param>
/// <param name="ReservedAmount">Ours: held for requests in flight. A voucher must cover charged + reserved + the new amount.</param>
/// <param name="StatedMaxClaimable">Ours: a statement covers vouchers up to it, so a new voucher must be above it. Null without one.</param>
public sealed record ChannelStateView(
    ChannelId ChannelId, TokenAmount Balance, TokenAmount TotalClaimed, TokenAmount ChargedCumulativeAmount, TokenAmount ReservedAmount,
    ulong WithdrawRequestedAt = 0, string RefundNonce = "0", TokenAmount? StatedMaxClaimable = null);

public sealed record VoucherStateView(TokenAmount SignedMaxClaimable, Signature? Signature = null);

/// <summary>The x402 v1 body of a 402 answer.</summary>
public sealed record PaymentRequiredV1(int X402Version, string Error, IReadOnlyList<PaymentRequirementsV1> Accepts);

public sealed record PaymentRequirementsV1(
    string Scheme, string Network, TokenAmount MaxAmountRequired, Address Asset, Address PayTo, string Resource, string Description,
    string MimeType, int MaxTimeoutSeconds, RequirementsExtra Extra);

/// <summary>What the payer sends (header PAYMENT-SIGNATURE, base64 of this JSON).</summary>
public sealed record PaymentPayload(int X402Version, BatchPayload Payload, PaymentRequirements? Accepted = null);

/// <summary>The payload of batch-settlement.</summary>
/// <param name="Type">"voucher"; deposits and refunds are sent to the contract by the payer itself.</param>
public sealed record BatchPayload(string Type, ChannelConfigView ChannelConfig, VoucherView Voucher);

public sealed record VoucherView(ChannelId ChannelId, TokenAmount MaxClaimableAmount, Signature Signature);

/// <summary>How a gateway pays a node: the payload of batch-settlement without its type.</summary>
public sealed record NodePayment(ChannelConfigView ChannelConfig, VoucherView Voucher)
{
    /// <summary>The wire form of a signed voucher.</summary>
    public static NodePayment From(SignedVoucher voucher, Eip712Domain paymentsDomain)
    {
        ArgumentNullException.ThrowIfNull(voucher);
        return new NodePayment(
            ChannelConfigView.From(voucher.Config),
            new VoucherView(voucher.Config.Id(paymentsDomain), voucher.MaxClaimableAmount, voucher.Signature));
    }

    /// <summary>The voucher to verify.</summary>
    public SignedVoucher ToSignedVoucher() => new(ChannelConfig.ToConfig(), Voucher.MaxClaimableAmount, Voucher.Signature);
}

/// <summary>The JSON form of a channel's definition; the delay is a number, as in the x402 clients.</summary>
public sealed record ChannelConfigView(
    Address Payer, Address PayerAuthorizer, Address Receiver, Address ReceiverAuthorizer, Address Token, ulong WithdrawDelay, Hash32 Salt)
{
    public static ChannelConfigView From(ChannelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new(config.Payer, config.PayerAuthorizer, config.Receiver, config.ReceiverAuthorizer, config.Token, config.WithdrawDelay, config.Salt);
    }

    public ChannelConfig ToConfig() => new(Payer, PayerAuthorizer, Receiver, ReceiverAuthorizer, Token, WithdrawDelay, Salt);
}

/// <summary>What the seller answers (header PAYMENT-RESPONSE, base64 of this JSON).</summary>
/// <param name="Transaction">Empty: a voucher is settled later, in a batch.</param>
/// <param name="Amount">Empty for vouchers; what was charged is in <paramref name="Extra"/>.</param>
public sealed record SettlementResponse(
    bool Success, string Transaction, string Network, string Amount, Address? Payer = null, string? ErrorReason = null,
    SettlementExtra? Extra = null);

public sealed record SettlementExtra(TokenAmount ChargedAmount, ChannelStateView ChannelState);
