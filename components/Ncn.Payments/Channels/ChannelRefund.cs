using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>Refunds: the receiver signs away what is not charged, and from then on does not count on it.</summary>
internal static class ChannelRefund
{
    internal static (ChannelState State, ChannelOutcome Outcome, TokenAmount Amount) Begin(ChannelState state, ChannelInput.BeginRefund input)
    {
        if (state.Config is not null && state.Config != input.Voucher.Config)
        {
            return (state, ChannelOutcome.WrongChannel, default);
        }

        if (state.Refund is { } pending && pending.Nonce >= input.Nonce)
        {
            return (state, ChannelOutcome.Repeated, pending.Amount);
        }

        if (!state.Reservations.IsEmpty)
        {
            return (state, ChannelOutcome.TooManyInFlight, default);
        }

        if (input.Voucher.MaxClaimableAmount != state.Charged)
        {
            return (state, ChannelOutcome.VoucherOff, default);
        }

        // What the payer withdraws by itself it takes by itself; the contract lowers that withdrawal by what is refunded.
        var free = TokenAmount.SubtractOrZero(input.Funds.Balance, state.Charged);
        var amount = TokenAmount.Min(free, input.Amount ?? free);
        return amount.IsZero
            ? (state, ChannelOutcome.NothingToRefund, default)
            : (state with { Refund = new PendingRefund(input.Nonce, amount) }, ChannelOutcome.Accepted, amount);
    }

    internal static (ChannelState State, ChannelOutcome Outcome, TokenAmount Amount) End(ChannelState state, ChannelInput.EndRefund input) =>
        state.Refund is { } pending && pending.Nonce < input.Nonce
            ? (state with { Refund = null }, ChannelOutcome.Accepted, pending.Amount)
            : (state, ChannelOutcome.Repeated, default);

    /// <summary>What vouchers may promise: not what is signed away.</summary>
    internal static TokenAmount Spendable(ChannelState state, TokenAmount escrow) =>
        TokenAmount.SubtractOrZero(escrow, state.Refund?.Amount ?? TokenAmount.Zero);
}
