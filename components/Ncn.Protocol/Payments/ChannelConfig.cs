namespace Ncn.Protocol;

/// <summary>What defines a payment channel (x402 v2 batch-settlement). Its EIP-712 digest is the channel's id.</summary>
/// <param name="Payer">Who deposits.</param>
/// <param name="PayerAuthorizer">The key that signs vouchers for the payer; zero means the payer itself.</param>
/// <param name="Receiver">Who is paid.</param>
/// <param name="ReceiverAuthorizer">The key that may claim and refund for the receiver.</param>
/// <param name="Token">The ERC-20 that is paid in.</param>
/// <param name="WithdrawDelay">Seconds between a withdrawal's start and its end, 900 to 2,592,000 (uint40).</param>
/// <param name="Salt">Tells several channels between the same parties apart.</param>
public sealed record ChannelConfig(
    Address Payer, Address PayerAuthorizer, Address Receiver, Address ReceiverAuthorizer, Address Token, ulong WithdrawDelay, Hash32 Salt)
    : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)");

    /// <summary>The key that must have signed this channel's vouchers.</summary>
    public Address VoucherSigner => PayerAuthorizer.IsZero ? Payer : PayerAuthorizer;

    /// <summary>The channel's id in one deployment of InferencePayment.</summary>
    public ChannelId Id(Eip712Domain paymentsDomain)
    {
        ArgumentNullException.ThrowIfNull(paymentsDomain);
        return new ChannelId(paymentsDomain.Digest(this));
    }

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Address(Payer).Address(PayerAuthorizer).Address(Receiver).Address(ReceiverAuthorizer).Address(Token)
        .Number(WithdrawDelay).Word(Salt).Hash();
}
