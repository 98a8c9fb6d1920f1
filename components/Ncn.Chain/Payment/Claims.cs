using Ncn.Protocol;

namespace Ncn.Chain.Payment;

/// <summary>One row of a claim: raise the channel's claimed total to <paramref name="TotalClaimed"/>, at most the voucher's total.</summary>
public sealed record VoucherClaim(SignedVoucher Voucher, TokenAmount TotalClaimed);

/// <summary>A row that was claimed.</summary>
/// <param name="Amount">By how much this claim raised the total.</param>
/// <param name="TotalClaimed">The channel's claimed total since its beginning.</param>
public sealed record ClaimedRow(ChannelId Channel, TokenAmount Amount, TokenAmount TotalClaimed);

/// <summary>A row that the contract skipped.</summary>
/// <param name="Row">Its place in the batch, from 0.</param>
public sealed record SkippedRow(ChannelId Channel, int Row, ClaimFault Fault);

/// <summary>Why the contract skipped a row; the values of IInferencePayment.ClaimFault.</summary>
public enum ClaimFault : byte
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The sender is neither the receiver nor its authorizer.</summary>
    NotReceiverSide,

    /// <summary>The channel's claimed total is that high already: the row was claimed before.</summary>
    NotRaised,

    /// <summary>More than the voucher allows.</summary>
    AboveVoucher,

    /// <summary>More than the channel holds.</summary>
    AboveBalance,

    /// <summary>The voucher is not signed by the channel's voucher key.</summary>
    BadSignature,

    /// <summary>The receiver's total would pass 2^128.</summary>
    ReceiverTotalOverflow,
}

/// <summary>What a batch claim did.</summary>
public sealed record ClaimOutcome(Hash32 Transaction, IReadOnlyList<ClaimedRow> Claimed, IReadOnlyList<SkippedRow> Skipped)
{
    /// <summary>The sum of all claimed rows.</summary>
    public TokenAmount Total => Claimed.Aggregate(TokenAmount.Zero, static (sum, row) => sum + row.Amount);
}

/// <summary>What a sweep to the receiver moved.</summary>
public sealed record SettleOutcome(Hash32 Transaction, TokenAmount Amount);
