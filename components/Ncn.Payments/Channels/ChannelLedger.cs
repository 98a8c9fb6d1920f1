using System.Collections.Immutable;
using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>The pure ledger of one payment channel.</summary>
/// <remarks>
/// Invariants, kept by every step: charged + reserved ≤ voucherMax (receiving side: signed by the payer; paying side: what may be
/// signed); a voucher for a request is ≤ escrow when it is taken; charged and voucherMax never fall, nor does claimed unless the chain took blocks back;
/// a key is charged at most once; a withdrawal that the chain's events told of counts, whatever the caller has read. Whenever more
/// is charged than a statement says, voucherMax is above that statement's: an honest receiver can answer every dispute.
/// </remarks>
public static class ChannelLedger
{
    /// <summary>Most requests in flight on one channel.</summary>
    public const int MaxInFlight = 1024;

    /// <summary>How long a charged request is remembered, milliseconds: a repeat within it is recognised.</summary>
    public const ulong MemoryMilliseconds = 24UL * 60 * 60 * 1000;

    /// <summary>Most remembered requests; the one to be forgotten first goes first.</summary>
    public const int MaxRemembered = 4096;

    /// <summary>Shortest time between two statements of a channel, milliseconds.</summary>
    public const ulong StatementIntervalMilliseconds = 5_000;

    /// <summary>One step. The returned state is to be durable before the result leaves the process.</summary>
    public static (ChannelState State, ChannelResult Result) Apply(ChannelState state, ChannelInput input)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(input);
        var (next, outcome, amount) = input switch
        {
            ChannelInput.Reserve reserve => Reserve(Expire(state, input.Now), reserve),
            ChannelInput.Authorize authorize => Authorize(Expire(state, input.Now), authorize),
            ChannelInput.Charge charge => Charge(state, charge),
            ChannelInput.Release { IsWaiting: true } release => Release(Expire(state, input.Now), release),
            ChannelInput.Release release => Release(state, release),
            ChannelInput.Split split => ChannelSplit.Apply(Expire(state, input.Now), split),
            ChannelInput.Raise raise => RunningRequest.Raise(Expire(state, input.Now), raise),
            ChannelInput.SetPolicy policy => SpendRules.Set(state, policy),
            ChannelInput.Assign assign => RunningRequest.Assign(state, assign),
            ChannelInput.Recognize recognize => Recognize(state, recognize),
            ChannelInput.State request => State(Expire(state, input.Now), request),
            ChannelInput.Expire => (Expire(state, input.Now), ChannelOutcome.Accepted, TokenAmount.Zero),
            ChannelInput.Claimed claimed => Claimed(state, claimed),
            ChannelInput.EndTurn end => (VoucherTurn.End(state, end.Key), ChannelOutcome.Accepted, TokenAmount.Zero),
            ChannelInput.BeginRefund refund => ChannelRefund.Begin(Expire(state, input.Now), refund),
            ChannelInput.EndRefund refund => ChannelRefund.End(state, refund),
            ChannelInput.Observe observe => (ChannelEscrowView.Observe(state, observe), ChannelOutcome.Accepted, TokenAmount.Zero),
            _ => throw new ArgumentException($"{input.GetType().Name} is not an input of a channel.", nameof(input)),
        };
        return (next, Describe(next, outcome, amount) with
        {
            HeldBy = input is ChannelInput.Reserve { Key: var key } ? state.Reservations.GetValueOrDefault(key)?.Holder : null,
            IsAnew = input is ChannelInput.Reserve reserved && outcome == ChannelOutcome.Accepted && IsKnown(state, reserved.Key),
        });
    }

    /// <summary>Many steps as one: what they make of the state is made durable once, and each has its own result.</summary>
    public static (ChannelState State, ImmutableArray<ChannelResult> Results) Apply(ChannelState state, IReadOnlyList<ChannelInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var results = ImmutableArray.CreateBuilder<ChannelResult>(inputs.Count);
        foreach (var input in inputs)
        {
            (state, var result) = Apply(state, input);
            results.Add(result);
        }

        return (state, results.MoveToImmutable());
    }

    /// <summary>The requests that an earlier life of a process left behind: it will not end them any more.</summary>
    public static IEnumerable<string> LeftBehind(ChannelState state, Holder life)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(life);
        return state.Reservations.Where(entry => life.Follows(entry.Value.Holder)).Select(static entry => entry.Key);
    }

    private static (ChannelState, ChannelOutcome, TokenAmount) Reserve(ChannelState state, ChannelInput.Reserve input)
    {
        if (Refusal(state, input.Key, input.Voucher.Config, input.Fingerprint) is { } refusal)
        {
            return (state, refusal, AmountOf(state, input.Key));
        }

        if (SpendRules.Refusal(state, input.Now, input.Models, input.Amount) is { } beyond)
        {
            return (state, beyond, default);
        }

        if (input.IsStrict && VoucherTurn.Refusal(state, input) is { } off)
        {
            return (off == ChannelOutcome.VoucherOff ? VoucherTurn.Grant(state, input.Now) : state, off, default);
        }

        // A lower voucher than one that we hold is no worse: the higher one covers the request too, if it covers it at all.
        var max = TokenAmount.Max(state.VoucherMax, input.Voucher.MaxClaimableAmount);
        if (input.Voucher.MaxClaimableAmount < TokenAmount.AddOrMost(state.Charged + state.Reserved, input.Amount)
            || input.Voucher.MaxClaimableAmount <= state.Stated?.MaxClaimable)
        {
            return (state, ChannelOutcome.VoucherTooLow, default);
        }

        if (input.Voucher.MaxClaimableAmount > ChannelRefund.Spendable(state, ChannelEscrowView.Spendable(state, input.Funds)))
        {
            return (state, ChannelOutcome.ExceedsEscrow, default);
        }

        var signature = input.Voucher.MaxClaimableAmount > state.VoucherMax ? input.Voucher.Signature : state.VoucherSignature;
        var reservation = new Reservation(input.Amount, input.ExpiresAt) { Fingerprint = input.Fingerprint, Holder = input.Holder, Models = input.Models };
        var next = Hold(state, input.Key, reservation) with
        {
            Config = input.Voucher.Config,
            VoucherMax = max,
            VoucherSignature = signature ?? input.Voucher.Signature,
            Turn = VoucherTurn.After(state, input),
        };
        return (next, ChannelOutcome.Accepted, input.Amount);
    }

    private static (ChannelState, ChannelOutcome, TokenAmount) Authorize(ChannelState state, ChannelInput.Authorize input)
    {
        if (Refusal(state, input.Key, input.Config, null) is { } refusal)
        {
            return (state, refusal, AmountOf(state, input.Key));
        }

        var needed = state.Charged + state.Reserved + input.Amount;
        if (needed > ChannelEscrowView.Spendable(state, input.Funds))
        {
            return (state, ChannelOutcome.ExceedsEscrow, default);
        }

        var next = Hold(state, input.Key, new Reservation(input.Amount, input.ExpiresAt) { Holder = input.Holder }) with
        {
            Config = input.Config,
            VoucherMax = TokenAmount.Max(state.VoucherMax, needed),
        };
        return (next, ChannelOutcome.Accepted, input.Amount);
    }

    private static ChannelOutcome? Refusal(ChannelState state, string key, ChannelConfig config, Hash32? fingerprint)
    {
        if (state.Config is not null && state.Config != config)
        {
            return ChannelOutcome.WrongChannel;
        }

        if (state.Reservations.TryGetValue(key, out var running))
        {
            return IsOther(running.Fingerprint, fingerprint) ? ChannelOutcome.Conflict : ChannelOutcome.Repeated;
        }

        if (state.Recent.TryGetValue(key, out var settled) && (!settled.Amount.IsZero || (settled.IsDelivered && fingerprint is not null)))
        {
            return IsOther(settled.Fingerprint, fingerprint) ? ChannelOutcome.Conflict : ChannelOutcome.AlreadyCharged;
        }

        return state.Reservations.Count >= MaxInFlight ? ChannelOutcome.TooManyInFlight : null;
    }

    private static bool IsOther(Hash32? known, Hash32? given) => known is { } one && given is { } other && one != other;

    private static ChannelState Hold(ChannelState state, string key, Reservation reservation) => state with
    {
        Reservations = state.Reservations.Add(key, reservation),
        Recent = state.Recent.Remove(key),
    };

    private static (ChannelState, ChannelOutcome, TokenAmount) Charge(ChannelState state, ChannelInput.Charge input)
    {
        if (state.Recent.TryGetValue(input.Key, out var settled))
        {
            return (state, settled.Amount.IsZero && !input.Amount.IsZero ? ChannelOutcome.NotReserved : ChannelOutcome.Repeated, settled.Amount);
        }

        if (!state.Reservations.TryGetValue(input.Key, out var reservation))
        {
            return (state, ChannelOutcome.NotReserved, default);
        }

        if (input.Amount > reservation.Amount)
        {
            return (state, ChannelOutcome.ExceedsReservation, reservation.Amount);
        }

        var next = Remember(state, input.Key, input.Amount, input.Now, isDelivered: true) with
        {
            Charged = state.Charged + input.Amount,
            // Who signs its own vouchers needs no book of what others spend.
            Spending = state.VoucherSignature is null ? state.Spending : state.Spending.Add(reservation.Models, input.Amount, input.Now),
            FirstUnclaimedAt = state.FirstUnclaimedAt == 0 && !input.Amount.IsZero ? input.Now : state.FirstUnclaimedAt,
        };
        return (next, ChannelOutcome.Accepted, input.Amount);
    }

    private static (ChannelState, ChannelOutcome, TokenAmount) Release(ChannelState state, ChannelInput.Release input) =>
        state.Reservations.TryGetValue(input.Key, out var held) && IsFor(input, held)
            ? (Remember(state, input.Key, TokenAmount.Zero, input.Now, isDelivered: false), ChannelOutcome.Accepted, TokenAmount.Zero)
            : (state, ChannelOutcome.Repeated, AmountOf(state, input.Key));

    private static bool IsFor(ChannelInput.Release input, Reservation held) =>
        (input.Holder is null || held.Holder == input.Holder) && !(input.IsWaiting && held.Holder is not null) && input.LeftBehind?.Follows(held.Holder) != false && !(held.ExpiresAt > input.Until);

    private static (ChannelState, ChannelOutcome, TokenAmount) Recognize(ChannelState state, ChannelInput.Recognize input)
    {
        // Only who signs takes over a total. One that receives could be talked out of a statement by it.
        if (state.VoucherSignature is not null)
        {
            return (state, ChannelOutcome.Repeated, default);
        }

        var total = TokenAmount.Min(input.TotalCharged, TokenAmount.SubtractOrZero(state.VoucherMax, state.Reserved));
        return total <= state.Charged
            ? (state, ChannelOutcome.Repeated, default)
            : (state with { Charged = total, FirstUnclaimedAt = state.FirstUnclaimedAt == 0 ? input.Now : state.FirstUnclaimedAt },
                ChannelOutcome.Accepted, default);
    }

    private static (ChannelState, ChannelOutcome, TokenAmount) Claimed(ChannelState state, ChannelInput.Claimed input)
    {
        if (input.TotalClaimed <= state.Claimed)
        {
            return (state, ChannelOutcome.Repeated, default);
        }

        var next = state with
        {
            Claimed = input.TotalClaimed,
            FirstUnclaimedAt = input.TotalClaimed >= state.Charged ? 0 : input.Now,
        };
        return (next, ChannelOutcome.Accepted, default);
    }

    private static (ChannelState, ChannelOutcome, TokenAmount) State(ChannelState state, ChannelInput.State input)
    {
        var shown = input.Voucher is { } voucher && voucher.MaxClaimableAmount > state.VoucherMax
            ? state with { VoucherMax = voucher.MaxClaimableAmount, VoucherSignature = voucher.Signature }
            : state;
        // What was claimed can be above what this ledger charged only when charges were lost; a statement below it would be false.
        var totals = new StatedTotals(shown.VoucherMax, TokenAmount.Max(state.Charged, state.Claimed), input.Now, input.RequestedAt);
        var outcome = state.VoucherSignature is null ? ChannelOutcome.NothingToState
            : input.Voucher is not null && input.Voucher.Config != state.Config ? ChannelOutcome.WrongChannel
            : input.RequestedAt <= state.Stated?.RequestedAt ? ChannelOutcome.Repeated
            : !state.Reservations.IsEmpty ? ChannelOutcome.InFlight
            : state.Stated is { } last && last.MaxClaimable == totals.MaxClaimable && last.Charged == totals.Charged ? ChannelOutcome.Repeated
            : input.Now < state.Stated?.IssuedAt + StatementIntervalMilliseconds ? ChannelOutcome.TooSoon
            : ChannelOutcome.Accepted;
        return (outcome == ChannelOutcome.Accepted ? shown with { Stated = totals } : state, outcome, default);
    }

    private static ChannelState Remember(ChannelState state, string key, TokenAmount amount, ulong now, bool isDelivered)
    {
        var settled = new Settled(amount, now + MemoryMilliseconds) { Fingerprint = state.Reservations[key].Fingerprint, IsDelivered = isDelivered };
        return state with { Reservations = state.Reservations.Remove(key), Recent = state.Recent.Remember(key, settled, MaxRemembered) };
    }

    private static ChannelState Expire(ChannelState state, ulong now)
    {
        var expired = state.Reservations.Where(entry => entry.Value.ExpiresAt <= now).Select(static entry => entry.Key).ToArray();
        var recent = state.Recent.Forget(now);
        if (expired.Length == 0 && ReferenceEquals(recent, state.Recent))
        {
            return state;
        }

        var next = state with { Recent = recent };
        return expired.Aggregate(next, (current, key) => Remember(current, key, TokenAmount.Zero, now, isDelivered: false));
    }

    private static bool IsKnown(ChannelState state, string key) => state.Reservations.ContainsKey(key) || state.Recent.TryGetValue(key, out _);

    private static TokenAmount AmountOf(ChannelState state, string key) =>
        state.Reservations.TryGetValue(key, out var reservation) ? reservation.Amount
        : state.Recent.TryGetValue(key, out var settled) ? settled.Amount
        : TokenAmount.Zero;

    private static ChannelResult Describe(ChannelState state, ChannelOutcome outcome, TokenAmount amount) => new(
        outcome, state.Charged, state.Reserved, state.VoucherMax, state.VoucherSignature, state.Claimed, amount,
        state.Reservations.IsEmpty ? 0 : state.Reservations.Values.Min(static reservation => reservation.ExpiresAt), state.Escrow,
        state.Stated) { Refund = state.Refund };
}
