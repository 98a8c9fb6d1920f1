using Ncn.Protocol;

namespace Ncn.Payments.Channels;

/// <summary>What can happen to a channel. Time comes in as unix milliseconds.</summary>
public abstract record ChannelInput(ulong Now)
{
    /// <summary>Receiving side: hold <paramref name="Amount"/> for a request against a voucher whose signature the shell has verified.</summary>
    public sealed record Reserve(
        ulong Now, string Key, SignedVoucher Voucher, TokenAmount Amount, ChannelFunds Funds, ulong ExpiresAt) : ChannelInput(Now)
    {
        /// <summary>
        /// The payer does not count its requests in flight: its voucher must be exactly what it was told plus the amount (x402
        /// batch-settlement), and it takes its turn.
        /// </summary>
        public bool IsStrict { get; init; }

        /// <summary>Unix milliseconds until which this request keeps the turn, because its deposit is under way; 0 when none is.</summary>
        public ulong HoldsTurnUntil { get; init; }

        /// <summary>Tells the request from another one under the same key; null for a request that nobody can repeat.</summary>
        public Hash32? Fingerprint { get; init; }

        /// <summary>The process that runs it; null for one that waits in a queue.</summary>
        public Holder? Holder { get; init; }

        /// <summary>The models that it may run on: what the payer's policy is asked about, and its charge is counted for. Empty when not known.</summary>
        public IReadOnlyList<string> Models { get; init; } = [];
    }

    /// <summary>Receiving side: the payer, whose signature the shell has verified, sets what may be spent.</summary>
    public sealed record SetPolicy(ulong Now, ChannelConfig Config, Signed<SpendPolicy> Policy) : ChannelInput(Now);

    /// <summary>
    /// Receiving side: a request that runs is to be allowed <paramref name="Amount"/> in all, against a voucher over so much more, whose
    /// signature the shell has verified.
    /// </summary>
    public sealed record Raise(ulong Now, string Key, SignedVoucher Voucher, TokenAmount Amount, ChannelFunds Funds, ulong ExpiresAt) : ChannelInput(Now);

    /// <summary>A request that runs goes to another process, or, with null, into a queue. One that was charged is told as such, with its charge.</summary>
    public sealed record Assign(ulong Now, string Key, Holder? Holder, ulong ExpiresAt) : ChannelInput(Now);

    /// <summary>The deposit of a request that holds the turn has ended.</summary>
    public sealed record EndTurn(ulong Now, string Key) : ChannelInput(Now);

    /// <summary>
    /// Receiving side: the payer wants back what is not charged. Its voucher must be over exactly what is charged, and nothing may be in flight.
    /// </summary>
    /// <param name="Amount">How much; null for all.</param>
    /// <param name="Nonce">The channel's refund nonce on chain.</param>
    public sealed record BeginRefund(ulong Now, SignedVoucher Voucher, TokenAmount? Amount, ChannelFunds Funds, ulong Nonce) : ChannelInput(Now);

    /// <summary>The chain's refund nonce has reached this value: refunds with a lower one are done.</summary>
    public sealed record EndRefund(ulong Now, ulong Nonce) : ChannelInput(Now);

    /// <summary>Paying side: hold <paramref name="Amount"/> for a job and raise the running total that may be signed to cover it.</summary>
    public sealed record Authorize(
        ulong Now, string Key, ChannelConfig Config, TokenAmount Amount, ChannelFunds Funds, ulong ExpiresAt) : ChannelInput(Now)
    {
        /// <summary>The process that has the job run.</summary>
        public Holder? Holder { get; init; }
    }

    /// <summary>The work was delivered: charge what it cost, release the rest.</summary>
    public sealed record Charge(ulong Now, string Key, TokenAmount Amount) : ChannelInput(Now);

    /// <summary>Receiving side: a part of the reservation <paramref name="From"/> is held for a request of its own.</summary>
    public sealed record Split(ulong Now, string From, string Key, TokenAmount Amount, ulong ExpiresAt) : ChannelInput(Now)
    {
        /// <summary>The models that the part may run on; empty: those of the whole.</summary>
        public IReadOnlyList<string> Models { get; init; } = [];
    }

    /// <summary>Nothing was delivered: release the reservation and charge nothing.</summary>
    public sealed record Release(ulong Now, string Key) : ChannelInput(Now)
    {
        /// <summary>Only if it waits in a queue: one that a process holds is that process's to end.</summary>
        public bool IsWaiting { get; init; }

        /// <summary>Only if an earlier life of this process holds it: a release of what it left that comes late is not for what was made since.</summary>
        public Holder? LeftBehind { get; init; }

        /// <summary>
        /// Only a reservation that expires by then, unix milliseconds: one that lives longer was made or taken over since, and a release
        /// that comes late is not for it. Null: whichever it is.
        /// </summary>
        public ulong? Until { get; init; }

        /// <summary>Only if this process holds it; null: whoever does.</summary>
        public Holder? Holder { get; init; }
    }

    /// <summary>
    /// Paying side: the receiver has proven, by a signed receipt, a running total that this ledger missed (it died before it recorded
    /// the charge). Never above what may be signed already.
    /// </summary>
    public sealed record Recognize(ulong Now, TokenAmount TotalCharged) : ChannelInput(Now);

    /// <summary>
    /// Receiving side: the payer, whose signature the shell has verified, asks for a statement.
    /// </summary>
    /// <param name="Voucher">
    /// The highest one that the payer ever signed, verified by the shell; the statement covers it, and it is kept, so that a payer that
    /// lost its books can be shown what it signed. Null: the statement covers the best voucher held.
    /// </param>
    /// <param name="RequestedAt">Unix milliseconds that the request states; one that is no newer than the last gets the last answer.</param>
    public sealed record State(ulong Now, SignedVoucher? Voucher, ulong RequestedAt) : ChannelInput(Now);

    /// <summary>Release what has expired and forget what nobody can repeat any more.</summary>
    public sealed record Expire(ulong Now) : ChannelInput(Now);

    /// <summary>The chain has confirmed a claim up to this running total.</summary>
    public sealed record Claimed(ulong Now, TokenAmount TotalClaimed) : ChannelInput(Now);

    /// <summary>The channel as the chain has it, read because an event named it.</summary>
    /// <param name="Ours">False: nothing is kept unless the channel is known already, so that strangers' channels fill no storage.</param>
    /// <param name="ReorganizedFrom">
    /// Blocks from this one on were replaced: what was read at them is void, and a claim that went with them is owed again.
    /// </param>
    public sealed record Observe(ulong Now, ChannelEscrow Escrow, bool Ours, ulong? ReorganizedFrom) : ChannelInput(Now);
}

/// <summary>How a step on a channel ended. Every value but <see cref="Accepted"/> and <see cref="Repeated"/> leaves the ledger as it was.</summary>
public enum ChannelOutcome
{
    /// <summary>Done.</summary>
    Accepted,

    /// <summary>The same step was done before under the same key; nothing changed.</summary>
    Repeated,

    /// <summary>A reservation with this key exists already or was charged: the request is running or has ended.</summary>
    AlreadyCharged,

    /// <summary>The voucher's running total is below charged + reserved + amount.</summary>
    VoucherTooLow,

    /// <summary>The voucher's running total is above what the channel holds on chain.</summary>
    ExceedsEscrow,

    /// <summary>The voucher's channel is not the one that this ledger keeps.</summary>
    WrongChannel,

    /// <summary>Too many requests are in flight on this channel.</summary>
    TooManyInFlight,

    /// <summary>No reservation has this key: it expired, was released, or never was.</summary>
    NotReserved,

    /// <summary>The charge is above the reservation.</summary>
    ExceedsReservation,

    /// <summary>The voucher of a payer held to equality is not over what it was told plus the amount.</summary>
    VoucherOff,

    /// <summary>Another request has the turn: ask again in a moment.</summary>
    AwaitTurn,

    /// <summary>Nothing is left to refund.</summary>
    NothingToRefund,

    /// <summary>No statement while requests are in flight: what they cost is not known.</summary>
    InFlight,

    /// <summary>No statement: no voucher was ever taken on this channel.</summary>
    NothingToState,

    /// <summary>No statement: the last one is too young.</summary>
    TooSoon,

    /// <summary>The key is another request's.</summary>
    Conflict,

    /// <summary>The voucher is not signed by the channel's voucher key (the shell found out).</summary>
    NotAuthentic,

    /// <summary>The payer's policy has expired.</summary>
    PolicyExpired,

    /// <summary>The payer's policy does not list the model, and allows listed ones only.</summary>
    PolicyModel,

    /// <summary>The request may cost more than the payer's policy allows one request.</summary>
    PolicyRequestCap,

    /// <summary>With the request the day would cost more than the payer's policy allows.</summary>
    PolicyDayCap,

    /// <summary>With the request the model would cost more on this day than the payer's policy allows.</summary>
    PolicyModelDayCap,

    /// <summary>The policy is not well-formed, or not for the key that signs the channel's vouchers.</summary>
    PolicyMalformed,

    /// <summary>A policy with the same or a higher number is set already.</summary>
    PolicyOutdated,
}

/// <summary>A channel's ledger as seen from outside, after a step.</summary>
public sealed record ChannelResult(
    ChannelOutcome Outcome, TokenAmount Charged, TokenAmount Reserved, TokenAmount VoucherMax, Signature? VoucherSignature,
    TokenAmount Claimed, TokenAmount KeyAmount, ulong NextExpiry, ChannelEscrow? Escrow = null,
    StatedTotals? Stated = null)
{
    /// <summary>A refund that is signed and not confirmed; null when there is none.</summary>
    public PendingRefund? Refund { get; init; }

    /// <summary>Who runs the request that the step was about; null when nobody does.</summary>
    public Holder? HeldBy { get; init; }

    /// <summary>Of a reservation that was made: its key had one before, which ended without a charge. It may have its answer.</summary>
    public bool IsAnew { get; init; }

    /// <summary>The total that a payer held to equality adds its next amount to.</summary>
    public TokenAmount StrictBase => TokenAmount.Max(Charged + Reserved, Stated?.MaxClaimable ?? default);
}
