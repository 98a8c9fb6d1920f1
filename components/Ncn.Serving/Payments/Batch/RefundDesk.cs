using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Payments.Batch;

/// <summary>Gives payers back what their channel was not charged, when they ask for it.</summary>
/// <remarks>
/// 1. the voucher must be over exactly what is charged, so that payer and receiver agree; 2. the ledger signs the amount away, durably;
/// 3. the operator's key signs the refund; 4. the relay key sends it; 5. the ledger forgets it. A repeat goes on at 3 with the same nonce,
/// which the contract takes once.
/// </remarks>
public sealed class RefundDesk(
    GatewayIdentity identity, IPaymentChain chain, EscrowCache escrow, PaymentOffers offers, ChannelTurns turns, IActorProxyFactory actors,
    RelayAllowance allowance, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Refunds, and says what was moved. Throws <see cref="PaymentException"/> when nothing can be.</summary>
    public async Task<SettlementResponse> RefundAsync(ClientPayment.Refund payment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var config = payment.Signed.Config;
        var channel = config.Id(identity.PaymentsDomain);
        if (chain.Relay is null)
        {
            throw offers.Demand(TokenAmount.Zero, BatchSettlementError.PayloadType, "This gateway sends no refunds; withdraw from the contract.");
        }

        escrow.Forget(channel);
        var view = await escrow.GetAsync(channel, TokenAmount.Zero, cancellationToken);
        var nonce = await chain.ReadRefundNonceAsync(channel, cancellationToken);
        var result = await BeginAsync(channel, new RefundCall(payment.Signed, payment.Amount, view.Funds, nonce), cancellationToken);
        if (result.Outcome is not (ChannelOutcome.Accepted or ChannelOutcome.Repeated) || result.Refund is not { } refund)
        {
            throw Refuse(result, channel, view);
        }

        var transaction = await SendAsync(config, channel, refund, cancellationToken);
        escrow.Forget(channel);
        var after = await escrow.GetAsync(channel, TokenAmount.Zero, cancellationToken);
        var state = BatchScheme.View(channel, after, result) with { RefundNonce = $"{refund.Nonce + 1}" };
        return new SettlementResponse(
            true, transaction?.ToString() ?? string.Empty, X402Header.Network(identity.ChainId), refund.Amount.ToString(), config.Payer,
            ErrorReason: null, new SettlementExtra(null, state));
    }

    // Requests in flight end by themselves; what they will cost is not known before.
    private async Task<ChannelResult> BeginAsync(ChannelId channel, RefundCall call, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            await turns.FlushAsync(channel, cancellationToken);
            var result = await Actor(channel).BeginRefundAsync(call);
            if (result.Outcome != ChannelOutcome.TooManyInFlight || time.GetElapsedTime(start) > Patience)
            {
                return result;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private async Task<Hash32?> SendAsync(ChannelConfig config, ChannelId channel, PendingRefund refund, CancellationToken cancellationToken)
    {
        // Only for a refund that there is: with vouchers of channels without money a stranger could use up the share of any payer that it names.
        allowance.Take(config.Payer);
        var signature = identity.Signer.Sign(new Refund(channel, refund.Nonce, refund.Amount), identity.PaymentsDomain).Signature;
        // A purpose that failed stays failed: every ten minutes is another one. The contract takes the nonce once in any case.
        var purpose = $"refund:{channel}:{refund.Nonce}:{time.GetUtcNow().ToUnixTimeSeconds() / 600}";
        var outcome = await chain.RefundAsync(
            purpose, config, refund.Amount, refund.Nonce, signature, cancellationToken);
        if (outcome is RelayOutcome.Pending pending)
        {
            throw offers.Failed(
                TokenAmount.Zero, ExactError.SettlementPending, config.Payer,
                "The refund was sent and is not mined yet; repeat the request to learn how it ended.", pending.Transaction);
        }

        var nonce = await chain.ReadRefundNonceAsync(channel, cancellationToken);
        if (nonce > refund.Nonce)
        {
            await Actor(channel).EndRefundAsync(nonce);
            return (outcome as RelayOutcome.Mined)?.Transaction;
        }

        throw offers.Failed(
            TokenAmount.Zero, BatchSettlementError.RefundFailed, config.Payer,
            $"The refund was refused by the contract: {(outcome as RelayOutcome.Refused)?.Reason ?? "it is not confirmed"}.");
    }

    private PaymentException Refuse(ChannelResult result, ChannelId channel, EscrowView view)
    {
        var error = result.Outcome switch
        {
            ChannelOutcome.VoucherOff => BatchSettlementError.AmountMismatch,
            ChannelOutcome.NothingToRefund => BatchSettlementError.RefundNoBalance,
            ChannelOutcome.TooManyInFlight => BatchSettlementError.ChannelBusy,
            _ => BatchSettlementError.ChannelIdMismatch,
        };
        return offers.Correct(
            TokenAmount.Zero, error, BatchScheme.View(channel, view, result),
            result.VoucherSignature is { } signature ? new VoucherStateView(result.VoucherMax, signature) : null);
    }

    private IChannelActor Actor(ChannelId channel) =>
        actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
}
