using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments.Batch;

/// <summary>Pays from channels: holds ceilings on vouchers and answers payers whose books are off with the right ones.</summary>
/// <remarks>
/// 1. look at the channel's escrow; 2. reserve on its ledger, waiting for the turn where the payer is held to equality; 3. carry out the
/// deposit that came along, if one did; 4. refuse with the books when the voucher does not fit.
/// </remarks>
public sealed class BatchScheme(
    GatewayIdentity identity, EscrowCache escrow, IActorProxyFactory actors, PaymentOffers offers, DepositRelay deposits, IPaymentChain chain,
    IOptions<GatewayOptions> options, TimeProvider time)
{
    // A reservation outlives the request's own time limit by this much, so that the charge always finds it.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);
    private readonly TurnQueue _turns = new(time);

    /// <summary>Holds the ceiling on the voucher's channel. Throws <see cref="PaymentException"/> when the channel cannot carry it.</summary>
    public async Task<BatchHold> ReserveAsync(
        RequestId request, ClientPayment.Voucher payment, TokenAmount ceiling, TimeSpan duration, bool repeatable, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var channel = payment.Signed.Config.Id(identity.PaymentsDomain);
        var needed = payment.Deposit is null ? payment.Signed.MaxClaimableAmount : new TokenAmount(UInt128.MaxValue);
        var view = await escrow.GetAsync(channel, needed, cancellationToken);
        var deposit = payment.Deposit is { } wanted ? await deposits.PrepareAsync(payment.Signed.Config, channel, wanted, ceiling, cancellationToken) : null;
        if (view.Funds.Balance.IsZero && deposit is null)
        {
            throw offers.Demand(ceiling, BatchSettlementError.ChannelNotFound);
        }

        var call = Call(request, payment, ceiling, view.Funds, deposit, duration);
        var result = await TakeTurnAsync(channel, call, cancellationToken);
        var isCharged = repeatable && result.Outcome == ChannelOutcome.AlreadyCharged;
        if (!isCharged && result.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated))
        {
            throw Refuse(result, channel, view, ceiling, payment.IsStrict);
        }

        var made = deposit is null ? null : await deposits.CarryOutAsync(call, deposit, ceiling, cancellationToken);
        view = made is null ? view : await escrow.GetAsync(channel, needed, cancellationToken);
        return new BatchHold(
            new ClientReservation(request, channel, payment.Signed.Config.Payer, result.KeyAmount, view, isCharged, made), actors, identity);
    }

    /// <summary>The channel as it is told to its payer.</summary>
    internal static ChannelStateView View(ChannelId channel, EscrowView view, ChannelResult result) =>
        new(channel, view.Funds.Balance, view.TotalClaimed, result.Charged, result.Reserved, view.WithdrawalBegunAt)
        {
            StatedMaxClaimable = result.Stated?.MaxClaimable,
        };

    private ReserveCall Call(
        RequestId request, ClientPayment.Voucher payment, TokenAmount ceiling, ChannelFunds funds, PreparedDeposit? deposit, TimeSpan duration)
    {
        var now = time.GetUtcNow();
        return new ReserveCall(
            request.ToString(), new SubnetId(options.Value.Subnet), payment.Signed, ceiling,
            deposit is null ? funds : funds with { Balance = funds.Balance + deposit.Missing }, (ulong)(now + duration + Slack).ToUnixTimeMilliseconds())
        {
            IsStrict = payment.IsStrict,
            HoldsTurnUntil = deposit is null ? 0 : (ulong)(now + DepositRelay.Patience).ToUnixTimeMilliseconds(),
        };
    }

    // The books of the answer are right for one payer at a time: the next one gets them when that one has come back.
    private Task<ChannelResult> TakeTurnAsync(ChannelId channel, ReserveCall call, CancellationToken cancellationToken) => _turns.WaitAsync(
        channel, () => ReserveAsync(channel, call, cancellationToken), static result => result.Outcome == ChannelOutcome.AwaitTurn, cancellationToken);

    private async Task<ChannelResult> ReserveAsync(ChannelId channel, ReserveCall call, CancellationToken cancellationToken)
    {
        var result = await Actor(channel).ReserveAsync(call);
        return result is { Outcome: ChannelOutcome.ExceedsEscrow, Refund: { } refund } && await IsDoneAsync(channel, refund, cancellationToken)
            ? await Actor(channel).ReserveAsync(call)
            : result;
    }

    // A gateway that died between a refund and its record left the ledger believing that it is still to come.
    private async Task<bool> IsDoneAsync(ChannelId channel, PendingRefund refund, CancellationToken cancellationToken)
    {
        var nonce = await chain.ReadRefundNonceAsync(channel, cancellationToken);
        return nonce > refund.Nonce && (await Actor(channel).EndRefundAsync(nonce)).Outcome == ChannelOutcome.Accepted;
    }

    private PaymentException Refuse(ChannelResult result, ChannelId channel, EscrowView view, TokenAmount ceiling, bool isStrict)
    {
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
