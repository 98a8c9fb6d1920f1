using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>What a ledger does with what the chain's events tell of its channel.</summary>
internal static class ChannelEscrowView
{
    /// <summary>What may be promised: a withdrawal counts from the first of the two that saw it.</summary>
    internal static TokenAmount Spendable(ChannelState state, ChannelFunds funds) => state.Escrow is { } escrow
        ? (funds with { Withdrawing = TokenAmount.Max(funds.Withdrawing, escrow.Withdrawing) }).Spendable
        : funds.Spendable;

    internal static ChannelState Observe(ChannelState state, ChannelInput.Observe input)
    {
        var kept = state.Escrow is { } old && old.Block >= input.ReorganizedFrom ? null : state.Escrow;
        if ((state.Config is null && state.Escrow is null && !input.Ours) || kept?.Block > input.Escrow.Block)
        {
            return state;
        }

        var next = state with { Escrow = input.Escrow };
        return input.Escrow.Claimed > state.Claimed || input.ReorganizedFrom is not null ? Claim(next, input.Escrow.Claimed, input.Now) : next;
    }

    private static ChannelState Claim(ChannelState state, TokenAmount claimed, ulong now) => claimed == state.Claimed ? state : state with
    {
        Claimed = claimed,
        FirstUnclaimedAt = claimed >= state.Charged ? 0 : claimed > state.Claimed || state.FirstUnclaimedAt == 0 ? now : state.FirstUnclaimedAt,
    };
}
