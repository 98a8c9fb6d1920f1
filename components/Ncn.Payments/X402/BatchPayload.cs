using Ncn.Protocol;

namespace Ncn.Payments.X402;

/// <summary>What a payer by batch-settlement sends (header PAYMENT-SIGNATURE, base64 of this JSON).</summary>
public sealed record PaymentPayload(int X402Version, BatchPayload Payload, PaymentRequirements? Accepted = null)
{
    /// <summary>Extensions by name, such as <see cref="PaymentIdentifier"/>; null for none.</summary>
    public IReadOnlyDictionary<string, PaymentExtension>? Extensions { get; init; }
}

/// <summary>An extension as a payer echoes it.</summary>
public sealed record PaymentExtension(PaymentIdentifierInfo Info);

/// <param name="Id">The payer's name of the payment.</param>
/// <param name="Required">As the seller stated it.</param>
public sealed record PaymentIdentifierInfo(string Id, bool Required = false);

/// <summary>The payload of batch-settlement.</summary>
/// <param name="Type"><see cref="VoucherType"/>, <see cref="DepositType"/> or <see cref="RefundType"/>.</param>
public sealed record BatchPayload(string Type, ChannelConfigView ChannelConfig, VoucherView Voucher)
{
    public const string VoucherType = "voucher";
    public const string DepositType = "deposit";
    public const string RefundType = "refund";

    /// <summary>With type deposit: what is to be moved into the channel first.</summary>
    public DepositView? Deposit { get; init; }

    /// <summary>With type refund: how much; null for all that is not charged.</summary>
    public TokenAmount? Amount { get; init; }

    /// <summary>
    /// Ours: the payer counts its requests in flight itself, so its voucher may be above charged + amount. Stock clients do not say so, and
    /// are held to the scheme's equality.
    /// </summary>
    public bool? Parallel { get; init; }
}

public sealed record VoucherView(ChannelId ChannelId, TokenAmount MaxClaimableAmount, Signature Signature);

/// <param name="Amount">Atomic units to move from the payer into the channel.</param>
public sealed record DepositView(TokenAmount Amount, DepositAuthorization Authorization);

/// <summary>The payer's authority for a deposit; of the scheme's methods this network takes EIP-3009.</summary>
public sealed record DepositAuthorization(Erc3009Authorization? Erc3009Authorization = null);

/// <summary>An EIP-3009 receiveWithAuthorization towards the collector; its nonce follows from channel and salt.</summary>
/// <param name="ValidAfter">Unix seconds, decimal.</param>
/// <param name="ValidBefore">Unix seconds, decimal.</param>
public sealed record Erc3009Authorization(TokenAmount ValidAfter, TokenAmount ValidBefore, Hash32 Salt, Signature Signature);

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
