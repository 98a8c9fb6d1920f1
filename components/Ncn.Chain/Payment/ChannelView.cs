using Ncn.Protocol;

namespace Ncn.Chain.Payment;

/// <summary>A channel as the chain has it.</summary>
/// <param name="Balance">Deposited and not withdrawn, claims included; a deposit counts after the configured confirmations.</param>
/// <param name="TotalClaimed">Claimed since the beginning.</param>
/// <param name="Withdrawing">The part whose withdrawal has begun.</param>
/// <param name="WithdrawalBegunAt">Unix seconds; 0 when no withdrawal has begun.</param>
public sealed record ChannelView(TokenAmount Balance, TokenAmount TotalClaimed, TokenAmount Withdrawing, ulong WithdrawalBegunAt)
{
    /// <summary>Escrow that is not claimed, whether or not a withdrawal has begun.</summary>
    public TokenAmount Unclaimed => TokenAmount.SubtractOrZero(Balance, TotalClaimed);
}

/// <summary>What a receiver has earned over all its channels in one token.</summary>
/// <param name="TotalClaimed">Claimed since the beginning.</param>
/// <param name="TotalSettled">Paid out since the beginning.</param>
public sealed record ReceiverView(TokenAmount TotalClaimed, TokenAmount TotalSettled)
{
    /// <summary>What a sweep would pay out now.</summary>
    public TokenAmount Unsettled => TotalClaimed - TotalSettled;
}
