using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>What can happen to a request that runs, beside its end.</summary>
internal static class RunningRequest
{
    /// <summary>A stream whose voucher grows goes on beyond its first ceiling. What it was allowed never falls.</summary>
    internal static (ChannelState State, ChannelOutcome Outcome, TokenAmount Amount) Raise(ChannelState state, ChannelInput.Raise input)
    {
        if (state.Config != input.Voucher.Config)
        {
            return (state, ChannelOutcome.WrongChannel, default);
        }

        if (!state.Reservations.TryGetValue(input.Key, out var held))
        {
            return (state, ChannelOutcome.NotReserved, default);
        }

        if (input.Amount <= held.Amount)
        {
            return (state, ChannelOutcome.Repeated, held.Amount);
        }

        if (SpendRules.Refusal(state, input.Now, held.Models, input.Amount, held) is { } beyond)
        {
            return (state, beyond, held.Amount);
        }

        var others = state.Charged + (state.Reserved - held.Amount);
        var signed = input.Voucher.MaxClaimableAmount;
        return signed < TokenAmount.AddOrMost(others, input.Amount) || signed <= state.Stated?.MaxClaimable ? (state, ChannelOutcome.VoucherTooLow, held.Amount)
            : signed > ChannelRefund.Spendable(state, ChannelEscrowView.Spendable(state, input.Funds)) ? (state, ChannelOutcome.ExceedsEscrow, held.Amount)
            : (Raised(state, input, held), ChannelOutcome.Accepted, input.Amount);
    }

    internal static (ChannelState State, ChannelOutcome Outcome, TokenAmount Amount) Assign(ChannelState state, ChannelInput.Assign input)
    {
        if (!state.Reservations.TryGetValue(input.Key, out var held))
        {
            return state.Recent.TryGetValue(input.Key, out var settled) && !settled.Amount.IsZero
                ? (state, ChannelOutcome.AlreadyCharged, settled.Amount) : (state, ChannelOutcome.NotReserved, default);
        }

        var next = held with { Holder = input.Holder, ExpiresAt = Math.Max(held.ExpiresAt, input.ExpiresAt) };
        return (state with { Reservations = state.Reservations.SetItem(input.Key, next) }, ChannelOutcome.Accepted, held.Amount);
    }

    private static ChannelState Raised(ChannelState state, ChannelInput.Raise input, Reservation held) => state with
    {
        Reservations = state.Reservations.SetItem(
            input.Key, held with { Amount = input.Amount, ExpiresAt = Math.Max(held.ExpiresAt, input.ExpiresAt) }),
        VoucherMax = TokenAmount.Max(state.VoucherMax, input.Voucher.MaxClaimableAmount),
        VoucherSignature = input.Voucher.MaxClaimableAmount > state.VoucherMax ? input.Voucher.Signature : state.VoucherSignature,
    };
}
