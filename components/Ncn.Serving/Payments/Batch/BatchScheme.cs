using System.Collections.Concurrent;
using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Payments.Spending;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Payments.Batch;

/// <summary>Pays from channels: holds ceilings on vouchers and answers payers whose books are off with the right ones.</summary>
/// <remarks>
/// 1. look at the channel's escrow; 2. reserve on its ledger, waiting for the turn where the payer is held to equality; 3. carry out the
/// deposit that came along, if one did; 4. refuse with the books when the voucher does not fit.
/// </remarks>
public sealed class BatchScheme(
    GatewayIdentity identity, EscrowCache escrow, ChannelTurns turns, IActorProxyFactory actors, PaymentOffers offers, DepositRelay deposits,
    IPaymentChain chain, IOptions<GatewayOptions> options, IOptions<ChannelOptions> channels, TimeProvider time)
{
    private const int MaxDisappointing = 100_000;

    private readonly TurnQueue _turns = new(time);
    private readonly ConcurrentDictionary<ChannelId, bool> _disappointing = [];

    /// <summary>Holds the ceiling on the voucher's channel. Throws <see cref="PaymentException"/> when the channel cannot carry it.</summary>
    public async Task<BatchHold> ReserveAsync(HoldCall hold, ClientPayment.Voucher payment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hold);
        ArgumentNullException.ThrowIfNull(payment);
        var channel = payment.Signed.Config.Id(identity.PaymentsDomain);
        var needed = payment.Deposit is null ? payment.Signed.MaxClaimableAmount : new TokenAmount(UInt128.MaxValue);
        var view = await escrow.GetAsync(channel, needed, cancellationToken);
        var deposit = payment.Deposit is { } wanted ? await deposits.PrepareAsync(payment.Signed.Config, channel, wanted, hold.Ceiling, cancellationToken) : null;
        if (view.Funds.Balance.IsZero && deposit is null)
        {
            throw offers.Demand(hold.Ceiling, BatchSettlementError.ChannelNotFound);
        }

        var call = Call(hold, payment, view.Funds, deposit);
        var looksGood = LooksGood(channel, payment, hold.Ceiling);
        var result = await OwnAsync(hold, channel, () => TakeTurnAsync(channel, call, cancellationToken));
        if (!IsHeld(hold, result))
        {
            Disappoint(channel, looksGood);
            throw Refuse(result, channel, view, hold.Ceiling, payment.IsStrict);
        }

        if (hold.IsQueued && result.HeldBy is not null)
        {
            if (!hold.IsOverflow)
            {
                throw new ApiException(new ApiError(
                    409, "request_in_progress", "The same request runs now; repeat it without respond-async to get its answer.", "Idempotency-Key"));
            }

            // It was to run here and waits in the queue after all, where it outlives this process.
            result = await OwnAsync(
                hold, channel, () => turns.AskAsync(channel, new ChannelStep { Assign = new AssignCall(call.Key, null, call.ExpiresAt) }, cancellationToken));
        }

        var made = deposit is null ? null : await deposits.CarryOutAsync(call, deposit, hold.Ceiling, cancellationToken);
        view = made is null ? view : await escrow.GetAsync(channel, needed, cancellationToken);
        return new BatchHold(
            new ClientReservation(hold.Request, channel, payment.Signed.Config.Payer, result.KeyAmount, view, result.Outcome == ChannelOutcome.AlreadyCharged, made)
            {
                AwaitsCharge = hold.AwaitsCharge,
                IsStrict = payment.IsStrict,
                IsRepeatable = hold.IsRepeatable,
                IsQueued = hold.IsQueued,
                IsAnew = result.IsAnew,
                ExpiresAt = call.ExpiresAt,
                IsRunningElsewhere = hold is { Fingerprint: not null, IsQueued: false } && result.Outcome == ChannelOutcome.Repeated,
                Held = result,
            },
            turns, identity);
    }

    /// <summary>
    /// Whether the books in memory say that the voucher carries the ceiling. The ledger decides; a channel that looked good once and was
    /// refused is waited for from then on, for a node that has begun is paid by this gateway.
    /// </summary>
    public bool IsLikelyGood(ClientPayment.Voucher payment, TokenAmount ceiling)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var channel = payment.Signed.Config.Id(identity.PaymentsDomain);
        return LooksGood(channel, payment, ceiling) && !_disappointing.ContainsKey(channel) && payment.Signed.IsAuthentic(identity.PaymentsDomain);
    }

    private bool LooksGood(ChannelId channel, ClientPayment.Voucher payment, TokenAmount ceiling) =>
        payment is { IsStrict: false, Deposit: null }
        && turns.View(channel) is { } books
        && PolicyRefusal.Of(books.Outcome) is null
        && payment.Signed.MaxClaimableAmount >= TokenAmount.AddOrMost(books.Charged + books.Reserved, ceiling)
        && escrow.Find(channel, payment.Signed.MaxClaimableAmount) is not null;

    private void Disappoint(ChannelId channel, bool lookedGood)
    {
        if (!lookedGood)
        {
            return;
        }

        if (_disappointing.Count >= MaxDisappointing)
        {
            _disappointing.Clear();
        }

        _disappointing[channel] = true;
    }

    private static bool IsHeld(HoldCall hold, ChannelResult result) =>
        result.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated || (hold.IsRepeatable && result.Outcome == ChannelOutcome.AlreadyCharged);

    /// <summary>The channel as it is told to its payer.</summary>
    internal static ChannelStateView View(ChannelId channel, EscrowView view, ChannelResult result) =>
        new(channel, view.Funds.Balance, view.TotalClaimed, result.Charged, result.Reserved, view.WithdrawalBegunAt)
        {
            StatedMaxClaimable = result.Stated?.MaxClaimable,
        };

    // A reservation outlives the request's own time limit, so that the charge always finds it.
    private ReserveCall Call(HoldCall hold, ClientPayment.Voucher payment, ChannelFunds funds, PreparedDeposit? deposit)
    {
        var now = time.GetUtcNow();
        return new ReserveCall(
            hold.Request.ToString(), new SubnetId(options.Value.Subnet), payment.Signed, hold.Ceiling,
            deposit is null ? funds : funds with { Balance = funds.Balance + deposit.Missing },
            (ulong)(now + hold.Duration + TimeSpan.FromSeconds(channels.Value.SlackSeconds)).ToUnixTimeMilliseconds())
        {
            Models = hold.Models,
            Fingerprint = hold.Fingerprint,
            Holder = hold.IsQueued ? null : turns.Holder,
            IsStrict = payment.IsStrict,
            HoldsTurnUntil = deposit is null ? 0 : (ulong)(now + DepositRelay.Patience).ToUnixTimeMilliseconds(),
        };
    }

    // The books of the answer are right for one payer at a time: the next one gets them when that one has come back.
    private Task<ChannelResult> TakeTurnAsync(ChannelId channel, ReserveCall call, CancellationToken cancellationToken) => _turns.WaitAsync(
        channel, () => ReserveAsync(channel, call, cancellationToken), static result => result.Outcome == ChannelOutcome.AwaitTurn, cancellationToken);

    private async Task<ChannelResult> ReserveAsync(ChannelId channel, ReserveCall call, CancellationToken cancellationToken)
    {
        var result = await AskAsync(channel, call, cancellationToken);
        return result is { Outcome: ChannelOutcome.ExceedsEscrow, Refund: { } refund } && await IsDoneAsync(channel, refund, cancellationToken)
            ? await AskAsync(channel, call, cancellationToken)
            : result;
    }

    // Whoever does not hear the answer holds nothing: what may have been reserved all the same is given back after it.
    private async Task<ChannelResult> AskAsync(ChannelId channel, ReserveCall call, CancellationToken cancellationToken)
    {
        try
        {
            return await turns.AskAsync(channel, new ChannelStep { Reserve = call }, cancellationToken);
        }
        catch when (call.Holder is not null)
        {
            turns.Tell(channel, new ChannelStep { Release = new ReleaseCall(call.Key, call.Holder) { Until = call.ExpiresAt } });
            throw;
        }
    }

    // What was to run here and cannot be put into the queue is this process's to give back.
    private async Task<ChannelResult> OwnAsync(HoldCall hold, ChannelId channel, Func<Task<ChannelResult>> ask)
    {
        try
        {
            return await ask();
        }
        catch when (hold.IsOverflow)
        {
            turns.Tell(channel, new ChannelStep { Release = new ReleaseCall(hold.Request.ToString(), turns.Holder) });
            throw;
        }
    }

    // A gateway that died between a refund and its record left the ledger believing that it is still to come.
    private async Task<bool> IsDoneAsync(ChannelId channel, PendingRefund refund, CancellationToken cancellationToken)
    {
        var nonce = await chain.ReadRefundNonceAsync(channel, cancellationToken);
        return nonce > refund.Nonce && (await Actor(channel).EndRefundAsync(nonce)).Outcome == ChannelOutcome.Accepted;
    }

    private Exception Refuse(ChannelResult result, ChannelId channel, EscrowView view, TokenAmount ceiling, bool isStrict)
    {
        if (result.Outcome == ChannelOutcome.Conflict)
        {
            return new ApiException(ApiError.KeyConflict);
        }

        if (PolicyRefusal.Of(result.Outcome) is { } forbidden)
        {
            return new ApiException(forbidden);
        }

        var error = result.Outcome switch
        {
            ChannelOutcome.VoucherTooLow or ChannelOutcome.AlreadyCharged or ChannelOutcome.VoucherOff or ChannelOutcome.AwaitTurn =>
                BatchSettlementError.AmountMismatch,
            ChannelOutcome.ExceedsEscrow => BatchSettlementError.ExceedsBalance,
            ChannelOutcome.TooManyInFlight => BatchSettlementError.ChannelBusy,
            _ => BatchSettlementError.ChannelIdMismatch,
        };
        var state = View(channel, view, result);
        // A stock client adds its amount to the charged total and knows of nothing reserved.
        state = isStrict ? state with { ChargedCumulativeAmount = result.StrictBase, ReservedAmount = TokenAmount.Zero } : state;
        return offers.Correct(ceiling, error, state, result.VoucherSignature is { } signature ? new VoucherStateView(result.VoucherMax, signature) : null);
    }

    private IChannelActor Actor(ChannelId channel) =>
        actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
}
