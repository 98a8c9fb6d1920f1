using System.Collections.Immutable;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>The payer's side of one channel: what it has signed, what it was charged, and what is in flight.</summary>
/// <remarks>
/// A voucher for a new request must cover charged + reserved + amount, as the receiver counts them. Two invariants:
/// <see cref="Signed"/> never falls, and nothing is believed charged that was not signed for.
/// </remarks>
/// <param name="Config">The channel.</param>
/// <param name="Charged">What the receiver has charged in all, as far as it told.</param>
/// <param name="Signed">The highest running total ever signed.</param>
/// <param name="ReservedThere">What the receiver said that it holds for requests in flight, ours or those of a lost process.</param>
/// <param name="Holds">Our requests in flight, by idempotency key.</param>
/// <param name="StatedMax">The receiver takes vouchers above this only, because a statement covers the others; zero without one.</param>
/// <param name="IsDisputed">A dispute of ours is open: nothing is signed, because a new voucher would answer it.</param>
public sealed record PayerChannel(
    ChannelConfig Config, TokenAmount Charged, TokenAmount Signed, TokenAmount ReservedThere, ImmutableSortedDictionary<string, Hold> Holds,
    TokenAmount StatedMax = default, bool IsDisputed = false)
{
    private static readonly TokenAmount OneUnit = new(1);

    /// <summary>What of <see cref="Charged"/> came with answers that we have seen.</summary>
    public AccountedCharges Accounted { get; init; } = AccountedCharges.Empty;

    /// <summary>A channel that was never used.</summary>
    public static PayerChannel New(ChannelConfig config) => new(config, default, default, default, NoHolds);

    internal static ImmutableSortedDictionary<string, Hold> NoHolds { get; } =
        ImmutableSortedDictionary.Create<string, Hold>(StringComparer.Ordinal);

    /// <summary>Holds the amount for a request; the result's <see cref="Signed"/> is the running total to sign for it.</summary>
    /// <param name="now">Unix milliseconds; holds that ended before it are dropped.</param>
    /// <exception cref="PaymentException">The running total would pass <paramref name="maxTotal"/>, or a dispute is open.</exception>
    public PayerChannel Authorize(string key, Hold hold, ulong now, TokenAmount maxTotal)
    {
        ArgumentNullException.ThrowIfNull(hold);
        if (IsDisputed)
        {
            throw new PaymentException(
                $"A dispute with {Config.Receiver} is open, and a voucher signed now would answer it. Close it first, or look again if it was answered.");
        }

        var others = Holds.Where(entry => entry.Value.ExpiresAt > now && entry.Key != key).ToImmutableSortedDictionary(StringComparer.Ordinal);
        var reserved = others.Values.Aggregate(TokenAmount.Zero, static (sum, other) => sum + other.Amount);
        var covered = Charged + TokenAmount.Max(reserved, ReservedThere) + hold.Amount;
        var needed = StatedMax.IsZero ? covered : TokenAmount.Max(covered, StatedMax + OneUnit);
        if (needed > maxTotal)
        {
            throw new PaymentException(
                $"The request may cost {hold.Amount} and the running total to {Config.Receiver} would be {needed} atomic units; the limit is {maxTotal}. Raise the limit to go on.");
        }

        return this with { Signed = TokenAmount.Max(Signed, needed), Holds = others.Add(key, hold) };
    }

    /// <summary>The request has ended: what the receiver says of the channel now counts. What passes our signatures is not believed without proof, which a correction brings.</summary>
    /// <param name="charged">What the answer says that it cost; more than was held for it is not accounted for.</param>
    public PayerChannel Settle(string key, ChannelStateView view, TokenAmount charged = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        var allowed = Holds.TryGetValue(key, out var hold) ? TokenAmount.Min(hold.Amount, charged) : default;
        return view.ChargedCumulativeAmount <= Signed
            ? (Believe(view) with { Accounted = Accounted.Add(view.ChargedCumulativeAmount, allowed) }).Release(key)
            : Release(key);
    }

    /// <summary>The receiver's statement was checked: what it says of charges is believed, and vouchers that it covers are of no more use.</summary>
    public PayerChannel Take(ChannelStatement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return this with
        {
            Charged = TokenAmount.Max(Charged, TokenAmount.Min(statement.Charged, Signed)),
            StatedMax = TokenAmount.Max(StatedMax, TokenAmount.Min(statement.MaxClaimableAmount, Signed)),
        };
    }

    /// <summary>The request has ended and cost nothing, or its cost is not known: the receiver corrects us when it was something.</summary>
    public PayerChannel Release(string key) => this with { Holds = Holds.Remove(key) };

    /// <summary>The receiver refused a voucher as too low and shows its books. A voucher that it shows must carry our signature.</summary>
    /// <exception cref="PaymentException">It shows a voucher that we never signed, or charges above what we signed.</exception>
    public PayerChannel Correct(ChannelStateView view, VoucherStateView? voucher, Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(view);
        var proven = this;
        if (voucher is { Signature: { } signature } && voucher.SignedMaxClaimable > Signed)
        {
            var claimed = new SignedVoucher(Config, voucher.SignedMaxClaimable, signature);
            proven = claimed.IsAuthentic(domain)
                ? this with { Signed = voucher.SignedMaxClaimable }
                : throw new PaymentException($"The receiver {Config.Receiver} shows a voucher over {voucher.SignedMaxClaimable} atomic units that this key never signed.");
        }

        return proven.Believe(view);
    }

    private PayerChannel Believe(ChannelStateView view) => view.ChargedCumulativeAmount <= Signed
        ? this with
        {
            Charged = TokenAmount.Max(Charged, view.ChargedCumulativeAmount),
            // A receiver can hold no more than what is signed and not charged; one that says more wants a higher signature.
            ReservedThere = TokenAmount.Min(view.ReservedAmount, Signed - TokenAmount.Max(Charged, view.ChargedCumulativeAmount)),
            // Nor can it have stated more than what is signed.
            StatedMax = TokenAmount.Max(StatedMax, TokenAmount.Min(view.StatedMaxClaimable ?? default, Signed)),
        }
        : throw new PaymentException(
            $"The receiver {Config.Receiver} says that it charged {view.ChargedCumulativeAmount} atomic units; only {Signed} were ever signed for.");
}

/// <summary>An amount kept for a request in flight.</summary>
/// <param name="ExpiresAt">Unix milliseconds; by then the receiver has given up the request too.</param>
public sealed record Hold(TokenAmount Amount, ulong ExpiresAt);
