using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Invariants;

/// <summary>The remarks of <see cref="ChannelLedger"/>, for both sides of every channel.</summary>
internal sealed class ChannelInvariants(MoneyInvariants money)
{
    private readonly Dictionary<string, Totals> _committed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _released = new(StringComparer.Ordinal);

    /// <summary>A request was given up and its client told: what was held for it is no longer.</summary>
    internal void CheckReleased(string key)
    {
        if (!_released.Contains(key))
        {
            throw new ViolationException(Invariant.DeadLetterReleases, $"{key} is answered with its death, and nobody has released it");
        }
    }

    internal void Check(string ledger, ChannelState before, ChannelInput input, ChannelState after, ChannelResult result)
    {
        CheckSums(ledger, after, input);
        if (!ReferenceEquals(before, after))
        {
            CheckTotals(ledger, before, input, after);
            NoteRunOut(before, input, after);
        }

        if (input is ChannelInput.Release { Key: var released })
        {
            _released.Add(released);
        }

        switch (input)
        {
            case ChannelInput.Reserve reserve when result.Outcome == ChannelOutcome.Accepted:
                CheckReserve(ledger, before, reserve, after);
                break;
            case ChannelInput.Charge charge:
                CheckCharge(ledger, before, charge, after, result);
                break;
            case ChannelInput.Release release when after.Charged != before.Charged:
                throw new ViolationException(Invariant.ReleaseChargesNothing, $"{ledger}: {release.Key}");
            default:
                break;
        }
    }

    /// <summary>The ledger was asked and has answered: what it said must be true after every crash.</summary>
    internal void Committed(string ledger, int steps, IReadOnlyList<ChannelResult> results)
    {
        var last = results[steps - 1];
        var known = _committed.GetValueOrDefault(ledger);
        if (last.Charged < known.Charged || last.VoucherMax < known.VoucherMax)
        {
            throw new ViolationException(
                Invariant.AnswersSurvive, $"{ledger} answered {known.Charged} charged under {known.VoucherMax}, and now {last.Charged} under {last.VoucherMax}");
        }

        _committed[ledger] = new Totals(last.Charged, last.VoucherMax);
    }

    private static void CheckSums(string ledger, ChannelState after, ChannelInput input)
    {
        if (after.Charged + after.Reserved > after.VoucherMax)
        {
            throw new ViolationException(Invariant.Covered, $"{ledger}: {after.Charged} + {after.Reserved} > {after.VoucherMax} after {input.GetType().Name}");
        }

        if (after.Reservations.Count > ChannelLedger.MaxInFlight || after.Recent.Count > ChannelLedger.MaxRemembered)
        {
            throw new ViolationException(Invariant.LedgerBounded, $"{ledger}: {after.Reservations.Count} in flight, {after.Recent.Count} remembered");
        }
    }

    private static void CheckTotals(string ledger, ChannelState before, ChannelInput input, ChannelState after)
    {
        if (after.Charged < before.Charged || after.VoucherMax < before.VoucherMax
            || (after.Claimed < before.Claimed && input is not ChannelInput.Observe { ReorganizedFrom: not null }))
        {
            throw new ViolationException(Invariant.TotalsNeverFall, $"{ledger}: {before.Charged}, {before.VoucherMax}, {before.Claimed} fell with {input.GetType().Name}");
        }

        if (after.VoucherSignature is { } signature && signature != Names.Seal(after.VoucherMax))
        {
            throw new ViolationException(Invariant.VoucherSignature, $"{ledger}: the signature is not over {after.VoucherMax}");
        }
    }

    private void NoteRunOut(ChannelState before, ChannelInput input, ChannelState after)
    {
        var ended = input is ChannelInput.Charge { Key: var charged } ? charged : input is ChannelInput.Release { Key: var released } ? released : null;
        foreach (var (key, held) in before.Reservations)
        {
            if (held.ExpiresAt <= input.Now && !after.Reservations.ContainsKey(key) && key != ended)
            {
                money.RanOut(key);
            }
        }
    }

    private static void CheckReserve(string ledger, ChannelState before, ChannelInput.Reserve input, ChannelState after)
    {
        var withdrawing = TokenAmount.Max(input.Funds.Withdrawing, before.Escrow?.Withdrawing ?? default);
        var spendable = TokenAmount.SubtractOrZero(input.Funds.Balance, withdrawing);
        if (input.Voucher.MaxClaimableAmount > spendable)
        {
            throw new ViolationException(Invariant.VoucherCovered, $"{ledger}: {input.Voucher.MaxClaimableAmount} > {spendable}");
        }

        if (!after.Reservations.TryGetValue(input.Key, out var held) || held.Amount != input.Amount)
        {
            throw new ViolationException(Invariant.ReservedIsHeld, $"{ledger}: {input.Key}");
        }
    }

    private void CheckCharge(string ledger, ChannelState before, ChannelInput.Charge input, ChannelState after, ChannelResult result)
    {
        var charged = after.Charged - before.Charged;
        if (result.Outcome != ChannelOutcome.Accepted)
        {
            if (!charged.IsZero)
            {
                throw new ViolationException(Invariant.KeyChargedOnce, $"{ledger}: {input.Key} was {result.Outcome} and charged {charged}");
            }

            return;
        }

        if (!before.Reservations.TryGetValue(input.Key, out var held) || charged > held.Amount || charged != input.Amount)
        {
            throw new ViolationException(Invariant.ChargeWithinHold, $"{ledger}: {input.Key} was charged {charged}, held was {held?.Amount}");
        }

        money.Charged(ledger, input.Key, charged);
    }

    private readonly record struct Totals(TokenAmount Charged, TokenAmount VoucherMax);
}
