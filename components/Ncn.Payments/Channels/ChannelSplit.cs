using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>
/// Takes a part out of a reservation and holds it under a key of its own. One voucher so pays for many requests, each charged by itself:
/// what is reserved in all stays the same, and what a part is not charged is free at once.
/// </summary>
internal static class ChannelSplit
{
    public static (ChannelState State, ChannelOutcome Outcome, TokenAmount Amount) Apply(ChannelState state, ChannelInput.Split input)
    {
        if (state.Reservations.TryGetValue(input.Key, out var held))
        {
            return (state, ChannelOutcome.Repeated, held.Amount);
        }

        if (state.Recent.TryGetValue(input.Key, out var settled))
        {
            return (state, settled.Amount.IsZero ? ChannelOutcome.Repeated : ChannelOutcome.AlreadyCharged, settled.Amount);
        }

        if (!state.Reservations.TryGetValue(input.From, out var whole))
        {
            return (state, ChannelOutcome.NotReserved, default);
        }

        if (input.Amount > whole.Amount)
        {
            return (state, ChannelOutcome.ExceedsReservation, whole.Amount);
        }

        // What the voucher promised long ago may be on its way out of the escrow.
        if (state.Escrow is { } escrow && state.Charged + state.Reserved > TokenAmount.SubtractOrZero(escrow.Balance, escrow.Withdrawing))
        {
            return (state, ChannelOutcome.ExceedsEscrow, default);
        }

        if (state.Reservations.Count >= ChannelLedger.MaxInFlight)
        {
            return (state, ChannelOutcome.TooManyInFlight, default);
        }

        var models = input.Models.Count == 0 ? whole.Models : input.Models;
        if (SpendRules.Refusal(state, input.Now, models, input.Amount, whole) is { } beyond)
        {
            return (state, beyond, default);
        }

        var rest = whole with { Amount = whole.Amount - input.Amount };
        var reservations = state.Reservations.SetItem(input.From, rest).Add(input.Key, new Reservation(input.Amount, input.ExpiresAt) { Models = models });
        return (state with { Reservations = reservations }, ChannelOutcome.Accepted, input.Amount);
    }
}
