using System.Collections.Immutable;
using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>One request's claim on a channel while it runs.</summary>
/// <param name="Amount">The most that it can cost.</param>
/// <param name="ExpiresAt">Unix milliseconds; an expired reservation is released, charging nothing.</param>
public sealed record Reservation(TokenAmount Amount, ulong ExpiresAt)
{
    /// <summary>Tells the request from another one under the same key; null for a request that nobody can repeat.</summary>
    public Hash32? Fingerprint { get; init; }

    /// <summary>The process that runs it; null for one that waits in a queue and survives every process.</summary>
    public Holder? Holder { get; init; }

    /// <summary>The models that it may run on; empty when not known.</summary>
    public IReadOnlyList<string> Models { get; init => field = value ?? []; } = [];
}

/// <summary>A process that runs requests.</summary>
/// <param name="Instance">Its place, the same after a restart; no two processes that live at once share one.</param>
/// <param name="Life">Higher with every start.</param>
public sealed record Holder(string Instance, ulong Life)
{
    /// <summary>True when this is the same place in a later life.</summary>
    public bool Follows(Holder? other) => other is not null && other.Instance == Instance && other.Life < Life;
}

/// <summary>
/// A payer that does not count its requests in flight was told that it has been charged <paramref name="Base"/>, and is about to come back
/// with a voucher over Base + amount; others like it wait, because its voucher would be too low after them. While a deposit is under way
/// nobody's voucher fits: <paramref name="Holder"/> ends that turn.
/// </summary>
/// <param name="Until">Unix milliseconds; the turn ends by then in any case.</param>
/// <param name="Holder">The key of the request whose deposit is under way; null for a turn that ends with the voucher.</param>
public sealed record Turn(TokenAmount Base, ulong Until, string? Holder);

/// <summary>A refund signed by the receiver: its amount can no longer be promised, whether or not it was mined yet.</summary>
/// <param name="Nonce">The channel's refund nonce that the signature is for: it is good once.</param>
public sealed record PendingRefund(ulong Nonce, TokenAmount Amount);

/// <summary>What a charged request cost; kept until <paramref name="ForgetAt"/>, so that a repeat is recognised.</summary>
public sealed record Settled(TokenAmount Amount, ulong ForgetAt)
{
    /// <summary>As in the reservation.</summary>
    public Hash32? Fingerprint { get; init; }

    /// <summary>True when it was charged, be it nothing; false when it was released and may be made again.</summary>
    public bool IsDelivered { get; init; }
}

/// <summary>
/// What the receiver has promised in writing (<see cref="ChannelStatement"/>): with vouchers up to <paramref name="MaxClaimable"/> it
/// claims no more than <paramref name="Charged"/>.
/// </summary>
/// <param name="IssuedAt">Unix milliseconds of the receiver's clock.</param>
/// <param name="RequestedAt">Unix milliseconds that the answered request stated.</param>
public sealed record StatedTotals(TokenAmount MaxClaimable, TokenAmount Charged, ulong IssuedAt, ulong RequestedAt);

/// <summary>The ledger of one channel, the same for both sides: who is paid (vouchers come in) and who pays (vouchers go out).</summary>
/// <param name="Config">The channel; null until its first use.</param>
/// <param name="VoucherMax">The highest running total that the payer has signed.</param>
/// <param name="VoucherSignature">The signature under it; null on the paying side, which signs on demand.</param>
/// <param name="Charged">The sum of all charges.</param>
/// <param name="Claimed">What the chain has confirmed as claimed.</param>
/// <param name="FirstUnclaimedAt">Unix milliseconds of the oldest charge that is not claimed; 0 when there is none.</param>
/// <param name="Reservations">Requests in flight.</param>
/// <param name="Recent">Charged or released requests that may still be repeated.</param>
/// <param name="Escrow">What the chain's events told of the channel; null while they told nothing.</param>
/// <param name="Stated">The newest statement; null when none was asked for.</param>
public sealed record ChannelState(
    ChannelConfig? Config, TokenAmount VoucherMax, Signature? VoucherSignature, TokenAmount Charged, TokenAmount Claimed,
    ulong FirstUnclaimedAt, ImmutableSortedDictionary<string, Reservation> Reservations,
    RecentRequests Recent, ChannelEscrow? Escrow = null, StatedTotals? Stated = null)
{
    /// <summary>Whose turn it is among payers held to the scheme's equality; null when anybody's.</summary>
    public Turn? Turn { get; init; }

    /// <summary>A refund that the receiver has signed and the chain has not confirmed; null when there is none.</summary>
    public PendingRefund? Refund { get; init; }

    /// <summary>What the payer allows to be spent, with its signature; null when it set no bounds.</summary>
    public Signed<SpendPolicy>? Policy { get; init; }

    /// <summary>Receiving side: what was charged lately, by time and model.</summary>
    public SpendBook Spending { get; init => field = value ?? SpendBook.Empty; } = SpendBook.Empty;

    /// <summary>A channel that was never used.</summary>
    public static ChannelState Empty { get; } = new(
        null, default, null, default, default, 0,
        ImmutableSortedDictionary.Create<string, Reservation>(StringComparer.Ordinal), RecentRequests.Empty);

    /// <summary>The sum of the maxima of all requests in flight.</summary>
    public TokenAmount Reserved => Reservations.Values.Aggregate(TokenAmount.Zero, static (sum, reservation) => sum + reservation.Amount);
}

/// <summary>A channel as it was on the chain at a block.</summary>
/// <param name="Block">The number of that block; what was read at a lower one never replaces it.</param>
/// <param name="Balance">Deposited and not withdrawn, claims included.</param>
/// <param name="Claimed">Claimed since the beginning.</param>
/// <param name="Withdrawing">The part whose withdrawal has begun.</param>
/// <param name="WithdrawalBegunAt">Unix seconds; 0 when no withdrawal has begun.</param>
public sealed record ChannelEscrow(ulong Block, TokenAmount Balance, TokenAmount Claimed, TokenAmount Withdrawing, ulong WithdrawalBegunAt);

/// <summary>What the chain says of a channel, read by the shell.</summary>
/// <param name="Balance">Deposited and not withdrawn, claims included.</param>
/// <param name="Withdrawing">The part whose withdrawal has begun: it can no longer be counted on.</param>
public sealed record ChannelFunds(TokenAmount Balance, TokenAmount Withdrawing)
{
    /// <summary>What vouchers may promise.</summary>
    public TokenAmount Spendable => TokenAmount.SubtractOrZero(Balance, Withdrawing);
}
