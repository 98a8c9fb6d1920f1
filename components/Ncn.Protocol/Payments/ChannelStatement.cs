namespace Ncn.Protocol;

/// <summary>
/// A receiver's promise about one channel: with vouchers up to <paramref name="MaxClaimableAmount"/> it claims no more than
/// <paramref name="Charged"/>, ever. A claim above it that no later voucher covers costs the receiver stake (ValidatorRegistry, disputes).
/// </summary>
/// <remarks>Signed under the network domain by the channel's receiver or receiverAuthorizer. The contract reads it, so its time is the chain's.</remarks>
/// <param name="Subnet">Where the receiver has the stake that answers for it.</param>
/// <param name="Payment">The InferencePayment that the channel is in.</param>
/// <param name="ChannelId">The channel.</param>
/// <param name="MaxClaimableAmount">The highest running total that the payer had signed; vouchers above it are no part of the promise.</param>
/// <param name="Charged">The sum of all charges, atomic units.</param>
/// <param name="IssuedAt">Unix seconds.</param>
public sealed record ChannelStatement(
    SubnetId Subnet, Address Payment, ChannelId ChannelId, TokenAmount MaxClaimableAmount, TokenAmount Charged, ulong IssuedAt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "ChannelStatement(uint256 subnet,address payment,bytes32 channelId,uint128 maxClaimableAmount,uint128 charged,uint64 issuedAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Number(Subnet.Value).Address(Payment).Word(ChannelId.Value).Number(MaxClaimableAmount.Units).Number(Charged.Units)
        .Number(IssuedAt).Hash();
}

/// <summary>The payer's side asks the receiver for a <see cref="ChannelStatement"/>.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="IssuedAt">Unix milliseconds; a request that is no newer than an answered one gets that one's answer.</param>
public sealed record StatementRequest(ChannelId ChannelId, ulong IssuedAt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("StatementRequest(bytes32 channelId,uint64 issuedAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(ChannelId.Value).Number(IssuedAt).Hash();
}

/// <summary>The payer's side asks the receiver how the channel stands. It changes nothing.</summary>
/// <param name="IssuedAt">Unix milliseconds.</param>
public sealed record ChannelQuery(ChannelId ChannelId, ulong IssuedAt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("ChannelQuery(bytes32 channelId,uint64 issuedAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(ChannelId.Value).Number(IssuedAt).Hash();
}
