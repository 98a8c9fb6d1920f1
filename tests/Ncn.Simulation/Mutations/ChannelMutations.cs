using System.Collections.Immutable;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Ledgers of channels that are wrong.</summary>
internal static class ChannelMutations
{
    private static readonly TokenAmount One = new(1);

    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("ledger-ignores-reserved", "the ledger takes vouchers that do not cover what is reserved already", IgnoresReserved, Invariant.Covered),
        Of("ledger-charges-twice", "a repeated charge is charged again", ChargesTwice, Invariant.KeyChargedOnce),
        Of("ledger-charges-anything", "a charge above its reservation is made", ChargesAnything, Invariant.ChargeWithinHold),
        Of("ledger-charges-releases", "a release is charged a little", ChargesReleases, Invariant.ReleaseChargesNothing),
        Of("ledger-forgets-charges", "what is charged falls when reservations expire", ForgetsCharges, Invariant.TotalsNeverFall),
        Of("ledger-old-signature", "a higher voucher is kept with the signature of the one before", OldSignature, Invariant.VoucherSignature),
        Of("ledger-uncovered", "a voucher above the escrow is taken", Uncovered, Invariant.VoucherCovered),
        Of("ledger-holds-less", "less is held than was reserved", HoldsLess, Invariant.ReservedIsHeld),
        Of("ledger-unbounded", "there is no limit to what is in flight", Unbounded, Invariant.LedgerBounded),
        Of("ledger-throws", "a repeated charge throws", Throws, Invariant.NothingThrows),
        Of("ledger-tells-too-much", "a client whose voucher is too low is told a total that it never promised", TellsTooMuch, Invariant.OwesWithinCeilings),
    ];

    private static Mutation Of(string name, string words, Func<ChannelState, ChannelInput, (ChannelState, ChannelResult)> ledger, string breaks) =>
        new(name, words, new Cores { Channel = ledger }, breaks);

    private static (ChannelState, ChannelResult) IgnoresReserved(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Reserve reserve && result.Outcome == ChannelOutcome.VoucherTooLow
            ? (next with { Config = reserve.Voucher.Config, Reservations = next.Reservations.SetItem(reserve.Key, new Reservation(reserve.Amount, reserve.ExpiresAt) { Holder = reserve.Holder }) },
                result with { Outcome = ChannelOutcome.Accepted })
            : (next, result);
    }

    private static (ChannelState, ChannelResult) ChargesTwice(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Charge charge && result.Outcome == ChannelOutcome.Repeated && !charge.Amount.IsZero && next.Charged + next.Reserved + charge.Amount <= next.VoucherMax
            ? (next with { Charged = next.Charged + charge.Amount }, result)
            : (next, result);
    }

    private static (ChannelState, ChannelResult) ChargesAnything(ChannelState state, ChannelInput input)
    {
        if (input is ChannelInput.Charge charge && state.Reservations.TryGetValue(charge.Key, out var held) && !held.Amount.IsZero)
        {
            var dear = charge with { Amount = held.Amount + One };
            return state.Charged + state.Reserved + dear.Amount <= state.VoucherMax
                ? ChannelLedger.Apply(state with { Reservations = state.Reservations.SetItem(charge.Key, held with { Amount = dear.Amount }) }, dear)
                : ChannelLedger.Apply(state, input);
        }

        return ChannelLedger.Apply(state, input);
    }

    private static (ChannelState, ChannelResult) ChargesReleases(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Release && next.Reservations.Count < state.Reservations.Count ? (next with { Charged = next.Charged + One }, result) : (next, result);
    }

    private static (ChannelState, ChannelResult) ForgetsCharges(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Expire && !next.Charged.IsZero ? (next with { Charged = next.Charged - One }, result) : (next, result);
    }

    private static (ChannelState, ChannelResult) OldSignature(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return state.VoucherSignature is { } old && next.VoucherMax > state.VoucherMax ? (next with { VoucherSignature = old }, result) : (next, result);
    }

    private static (ChannelState, ChannelResult) Uncovered(ChannelState state, ChannelInput input)
    {
        if (input is not ChannelInput.Reserve reserve)
        {
            return ChannelLedger.Apply(state, input);
        }

        var (next, result) = ChannelLedger.Apply(state with { Escrow = null }, reserve with { Funds = new ChannelFunds(reserve.Funds.Balance + new TokenAmount(1_000_000), default) });
        return (next with { Escrow = state.Escrow }, result);
    }

    private static (ChannelState, ChannelResult) HoldsLess(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Reserve reserve && result.Outcome == ChannelOutcome.Accepted && next.Reservations.TryGetValue(reserve.Key, out var held)
            ? (next with { Reservations = next.Reservations.SetItem(reserve.Key, held with { Amount = TokenAmount.SubtractOrZero(held.Amount, One) }) }, result)
            : (next, result);
    }

    private static (ChannelState, ChannelResult) Unbounded(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Reserve { ExpiresAt: var expiresAt } && result.Outcome == ChannelOutcome.Accepted
            ? (next with { Reservations = next.Reservations.SetItems(Enumerable.Range(0, ChannelLedger.MaxInFlight).Select(number => KeyValuePair.Create($"{number}", new Reservation(default, expiresAt)))) }, result)
            : (next, result);
    }

    private static (ChannelState, ChannelResult) Throws(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return input is ChannelInput.Charge && result.Outcome == ChannelOutcome.Repeated ? throw new InvalidOperationException("This ledger throws on purpose.") : (next, result);
    }

    private static (ChannelState, ChannelResult) TellsTooMuch(ChannelState state, ChannelInput input)
    {
        var (next, result) = ChannelLedger.Apply(state, input);
        return result.Outcome == ChannelOutcome.VoucherTooLow ? (next, result with { Reserved = result.Reserved + new TokenAmount(1_000_000) }) : (next, result);
    }
}
