namespace Ncn.Protocol;

/// <summary>The payer's promise: the receiver may claim up to this running total from the channel, over its whole life.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="MaxClaimableAmount">The running total, never what one request costs.</param>
public sealed record Voucher(ChannelId ChannelId, TokenAmount MaxClaimableAmount) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(ChannelId.Value).Number(MaxClaimableAmount.Units).Hash();
}

/// <summary>The receiver gives back part of what a channel still holds.</summary>
public sealed record Refund(ChannelId ChannelId, UInt128 Nonce, TokenAmount Amount) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");

    public Hash32 StructHash() =>
        new TypedDataEncoder(TypeHash).Word(ChannelId.Value).Number(Nonce).Number(Amount.Units).Hash();
}

/// <summary>One row of a claim: the voucher's total and how much of it is claimed.</summary>
public sealed record ClaimEntry(ChannelId ChannelId, TokenAmount MaxClaimableAmount, TokenAmount TotalClaimed) : ITypedData
{
    internal const string EncodedType = "ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)";
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(EncodedType);

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(ChannelId.Value).Number(MaxClaimableAmount.Units).Number(TotalClaimed.Units).Hash();
}

/// <summary>The receiver's authority for somebody else to submit these claims.</summary>
public sealed record ClaimBatch(IReadOnlyList<ClaimEntry> Claims) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("ClaimBatch(ClaimEntry[] claims)" + ClaimEntry.EncodedType);

    public Hash32 StructHash() =>
        new TypedDataEncoder(TypeHash).Array(Claims, static (elements, claim) => elements.Struct(claim)).Hash();
}
