namespace Ncn.Protocol;

/// <summary>A voucher with everything needed to check it without asking the chain: the channel's definition and the signature.</summary>
/// <remarks>On the wire it is the x402 batch-settlement payload {channelConfig, voucher{channelId,maxClaimableAmount,signature}}.</remarks>
public sealed record SignedVoucher(ChannelConfig Config, TokenAmount MaxClaimableAmount, Signature Signature)
{
    /// <summary>The unsigned voucher in one deployment of InferencePayment.</summary>
    public Voucher Voucher(Eip712Domain paymentsDomain) => new(Config.Id(paymentsDomain), MaxClaimableAmount);

    /// <summary>True when the channel's voucher key signed this running total.</summary>
    public bool IsAuthentic(Eip712Domain paymentsDomain) =>
        new Signed<Voucher>(Voucher(paymentsDomain), Signature).IsSignedBy(Config.VoucherSigner, paymentsDomain);

    /// <summary>
    /// As <see cref="IsAuthentic"/> for a channel whose id is known, and quicker, but blind to a wrong v, with which the contract would refuse
    /// the voucher. For whoever asks a ledger next that checks the whole signature before it holds the voucher.
    /// </summary>
    public bool IsSignedFor(ChannelId channel, Eip712Domain paymentsDomain)
    {
        ArgumentNullException.ThrowIfNull(paymentsDomain);
        return !Config.VoucherSigner.IsZero && Signature.IsBy(Config.VoucherSigner, paymentsDomain.Digest(new Voucher(channel, MaxClaimableAmount)));
    }

    /// <summary>Signs a running total for a channel.</summary>
    public static SignedVoucher Create(ChannelConfig config, TokenAmount maxClaimable, Signer signer, Eip712Domain paymentsDomain)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(signer);
        var signed = signer.Sign(new Voucher(config.Id(paymentsDomain), maxClaimable), paymentsDomain);
        return new SignedVoucher(config, maxClaimable, signed.Signature);
    }
}
