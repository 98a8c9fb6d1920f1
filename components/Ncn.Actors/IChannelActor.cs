using Dapr.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>Holds <see cref="ChannelState"/> of one channel; each call is one durable step of <see cref="ChannelLedger"/>.</summary>
/// <remarks>The shell adds the time. It verifies the voucher's signature again before <see cref="ReserveAsync"/>: money moves on evidence only.</remarks>
public interface IChannelActor : IActor
{
    /// <summary>
    /// Many steps, durable at once, each with its result: what a gateway gathered for the channel while its last call was under way.
    /// A step whose voucher is not authentic or for another channel is answered so, and leaves the others alone.
    /// </summary>
    Task<ChannelResult[]> ApplyAsync(ChannelStep[] steps);

    /// <summary>Keys of requests that earlier lives of a process left reserved: it settles or releases them.</summary>
    Task<string[]> ListLeftAsync(Holder life);

    /// <summary>Receiving side. Registers the channel with the SubnetActor on its first use, so that settlement finds it.</summary>
    Task<ChannelResult> ReserveAsync(ReserveCall call);

    /// <summary>Paying side: the result's VoucherMax is the running total that may be signed now.</summary>
    Task<ChannelResult> AuthorizeAsync(AuthorizeCall call);

    /// <summary>Charges a delivered request.</summary>
    Task<ChannelResult> ChargeAsync(ChargeCall call);

    /// <summary>The deposit of the request that holds the turn has ended.</summary>
    Task<ChannelResult> EndTurnAsync(string key);

    /// <summary>Receiving side: what is not charged is signed away; the result's KeyAmount is how much.</summary>
    Task<ChannelResult> BeginRefundAsync(RefundCall call);

    /// <summary>Receiving side: the chain's refund nonce has reached this value.</summary>
    Task<ChannelResult> EndRefundAsync(ulong nonce);

    /// <summary>Receiving side: holds a part of a reservation for a request of its own.</summary>
    Task<ChannelResult> SplitAsync(SplitCall call);

    /// <summary>Receiving side: the payer's policy binds from now on. The actor verifies its signature again.</summary>
    Task<ChannelResult> SetPolicyAsync(PolicyCall call);

    /// <summary>Receiving side: what was spent lately, and what may be.</summary>
    Task<ChannelSpending> ReadSpendingAsync();

    /// <summary>Releases a request that waits in a queue and will not be run; one that a process holds stays, and its amount is told.</summary>
    Task<ChannelResult> ReleaseAsync(string key);

    /// <summary>Paying side: takes over a running total that the receiver has proven with a signed receipt (verified by the caller).</summary>
    Task<ChannelResult> RecognizeAsync(TokenAmount totalCharged);

    /// <summary>The ledger as it is.</summary>
    Task<ChannelResult> GetAsync();

    /// <summary>Receiving side: the best voucher and what is charged but not claimed; null when there is nothing to claim.</summary>
    Task<ClaimableVoucher?> GetClaimableAsync();

    /// <summary>Receiving side: promises totals in writing (the caller has verified the payer's request). They are in the result's Stated, durable.</summary>
    Task<ChannelResult> StateAsync(StateCall call);

    /// <summary>Receiving side: the best voucher, claimed or not; it answers a dispute. Null when none was ever taken.</summary>
    Task<SignedVoucher?> GetVoucherAsync();

    /// <summary>Records what the chain has confirmed as claimed.</summary>
    Task<ChannelResult> RecordClaimAsync(TokenAmount totalClaimed);

    /// <summary>Takes over what the chain says of the channel, unless something newer is known.</summary>
    Task<ChannelResult> ObserveAsync(ObserveCall call);
}

/// <param name="Key">The request's id in hex.</param>
/// <param name="Subnet">The subnet that the request is for.</param>
/// <param name="ExpiresAt">Unix milliseconds.</param>
public sealed record ReserveCall(
    string Key, SubnetId Subnet, SignedVoucher Voucher, TokenAmount Amount, ChannelFunds Funds, ulong ExpiresAt)
{
    /// <summary>The payer is held to the scheme's equality.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Unix milliseconds until which the request keeps the turn for its deposit; 0 when it makes none.</summary>
    public ulong HoldsTurnUntil { get; init; }

    /// <summary>Tells the request from another one under the same key; null for a request that nobody can repeat.</summary>
    public Hash32? Fingerprint { get; init; }

    /// <summary>The process that runs it; null for one that waits in a queue.</summary>
    public Holder? Holder { get; init; }

    /// <summary>The models that it may run on; empty when not known.</summary>
    public IReadOnlyList<string> Models { get; init => field = value ?? []; } = [];
}

/// <param name="Policy">Signed by the channel's payer.</param>
public sealed record PolicyCall(ChannelConfig Config, Signed<SpendPolicy> Policy);

/// <summary>What was spent on a channel lately, and what may be.</summary>
/// <param name="Policy">As the payer signed it; null when it set none.</param>
public sealed record ChannelSpending(SpendBook Book, Signed<SpendPolicy>? Policy, ChannelResult Ledger);

/// <param name="Amount">How much; null for all that is not charged.</param>
/// <param name="Nonce">The channel's refund nonce on chain.</param>
public sealed record RefundCall(SignedVoucher Voucher, TokenAmount? Amount, ChannelFunds Funds, ulong Nonce);

/// <param name="Key">The request's id in hex, a colon, and the attempt.</param>
public sealed record AuthorizeCall(string Key, ChannelConfig Config, TokenAmount Amount, ChannelFunds Funds, ulong ExpiresAt)
{
    /// <summary>The process that has the job run; null for a job of the queue.</summary>
    public Holder? Holder { get; init; }
}

public sealed record ChargeCall(string Key, TokenAmount Amount);

/// <param name="From">The key of the reservation that is split.</param>
/// <param name="Key">The part's own key.</param>
/// <param name="ExpiresAt">Unix milliseconds.</param>
public sealed record SplitCall(string From, string Key, TokenAmount Amount, ulong ExpiresAt)
{
    /// <summary>The models that the part may run on; empty: those of the whole.</summary>
    public IReadOnlyList<string> Models { get; init => field = value ?? []; } = [];
}

/// <param name="Voucher">The highest one that the payer ever signed; null: the best one held.</param>
/// <param name="RequestedAt">Unix milliseconds that the payer's request states.</param>
public sealed record StateCall(SignedVoucher? Voucher, ulong RequestedAt);

/// <param name="Ours">True when the channel names this operator as payer or receiver: it is kept although it was never used.</param>
/// <param name="ReorganizedFrom">The first block that the chain took back; null when it took none.</param>
public sealed record ObserveCall(ChannelEscrow Escrow, bool Ours, ulong? ReorganizedFrom = null);

/// <param name="TotalClaimable">The running total to claim: what has been charged, at most the voucher's total.</param>
/// <param name="AlreadyClaimed">What the ledger knows as claimed.</param>
/// <param name="FirstUnclaimedAt">Unix milliseconds of the oldest unclaimed charge.</param>
public sealed record ClaimableVoucher(
    SignedVoucher Voucher, TokenAmount TotalClaimable, TokenAmount AlreadyClaimed, ulong FirstUnclaimedAt);
