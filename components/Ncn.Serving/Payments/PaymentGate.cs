using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Payments;

/// <summary>Payment at the edge: asks for it, checks it, reserves it, and charges what was delivered (design section 6, steps 1 to 3 and 8).</summary>
public sealed class PaymentGate(
    GatewayIdentity identity, EscrowCache escrow, IActorProxyFactory actors, IOptions<GatewayOptions> options, TimeProvider time)
{
    // A reservation outlives the request's own time limit by this much, so that the charge always finds it.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    /// <summary>The voucher that came with a request; null when none did. Throws <see cref="PaymentException"/> when it is no good.</summary>
    public SignedVoucher? ReadVoucher(HttpContext http, TokenAmount ceiling)
    {
        ArgumentNullException.ThrowIfNull(http);
        var header = http.Request.Headers[X402Header.Signature].FirstOrDefault()
            ?? http.Request.Headers[X402Header.SignatureV1].FirstOrDefault();
        if (header is null)
        {
            return null;
        }

        var payload = X402Header.Decode<PaymentPayload>(header, out var problem)
            ?? throw Malformed($"The payment header cannot be read: {problem}.");
        return Check(payload, ceiling);
    }

    /// <summary>The answer to a request without payment, or with one that does not do.</summary>
    public PaymentException Demand(TokenAmount ceiling, string error, ChannelStateView? channel = null, VoucherStateView? voucher = null) =>
        new(402, error, Requirements(ceiling) with { Extra = Extra() with { ChannelState = channel, VoucherState = voucher } });

    /// <summary>Holds the ceiling on the voucher's channel. Throws <see cref="PaymentException"/> when the channel cannot carry it.</summary>
    /// <param name="repeatable">
    /// True for a request that its actor let begin: one that is charged already was run by a gateway that died before it stored the
    /// answer. It runs again, and its charge then stands as it was made.
    /// </param>
    public async Task<ClientReservation> ReserveAsync(
        RequestId request, SignedVoucher voucher, TokenAmount ceiling, TimeSpan duration, bool repeatable, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(voucher);
        var channel = voucher.Config.Id(identity.PaymentsDomain);
        var view = await escrow.GetAsync(channel, voucher.MaxClaimableAmount, cancellationToken);
        if (view.Funds.Balance.IsZero)
        {
            throw Demand(ceiling, BatchSettlementError.ChannelNotFound);
        }

        var expires = time.GetUtcNow() + duration + Slack;
        var result = await Actor(channel).ReserveAsync(new ReserveCall(
            request.ToString(), new SubnetId(options.Value.Subnet), voucher, ceiling, view.Funds,
            (ulong)expires.ToUnixTimeMilliseconds()));
        var isCharged = repeatable && result.Outcome == ChannelOutcome.AlreadyCharged;
        return isCharged || result.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated
            ? new ClientReservation(request, channel, voucher.Config.Payer, result.KeyAmount, view, isCharged)
            : throw Refuse(result, channel, view, ceiling);
    }

    /// <summary>Charges a delivered request, never above what was reserved; returns what it cost and the PAYMENT-RESPONSE value.</summary>
    /// <remarks>The cost is what the ledger says: a request that was charged before costs what it cost then, one without a reservation nothing.</remarks>
    public async Task<(TokenAmount Cost, SettlementResponse Settlement)> ChargeAsync(ClientReservation reservation, TokenAmount amount)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        var charge = new ChargeCall(reservation.Request.ToString(), TokenAmount.Min(amount, reservation.Ceiling));
        var result = await Actor(reservation.Channel).ChargeAsync(charge);
        return (result.KeyAmount, Settled(reservation, result.KeyAmount, result));
    }

    /// <summary>Gives the reservation back: nothing was delivered.</summary>
    public Task ReleaseAsync(ClientReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        return Actor(reservation.Channel).ReleaseAsync(reservation.Request.ToString());
    }

    private SettlementResponse Settled(ClientReservation reservation, TokenAmount amount, ChannelResult result) => new(
        Success: true, Transaction: string.Empty, X402Header.Network(identity.ChainId), Amount: string.Empty, reservation.Payer,
        ErrorReason: null, new SettlementExtra(amount, View(reservation.Channel, reservation.Escrow, result)));

    private SignedVoucher Check(PaymentPayload payload, TokenAmount ceiling)
    {
        if (payload.X402Version is not (1 or 2))
        {
            throw Malformed($"x402 version {payload.X402Version} is not supported; use 2.", BatchSettlementError.InvalidVersion);
        }

        if (payload.Accepted is { } accepted
            && (accepted.Scheme != X402Header.BatchSettlement || accepted.Network != X402Header.Network(identity.ChainId)))
        {
            throw Demand(ceiling, accepted.Scheme != X402Header.BatchSettlement
                ? BatchSettlementError.UnsupportedScheme : BatchSettlementError.InvalidNetwork);
        }

        if (payload.Payload.Type != "voucher")
        {
            throw Malformed("Only payloads of type voucher are taken here; deposits and refunds go to the contract.");
        }

        var voucher = new SignedVoucher(
            payload.Payload.ChannelConfig.ToConfig(), payload.Payload.Voucher.MaxClaimableAmount, payload.Payload.Voucher.Signature);
        var error = Verify(voucher, payload.Payload.Voucher.ChannelId);
        return error is null ? voucher : throw Demand(ceiling, error);
    }

    private string? Verify(SignedVoucher voucher, ChannelId stated)
    {
        var config = voucher.Config;
        return config.Receiver != identity.Address || config.ReceiverAuthorizer != identity.Address ? BatchSettlementError.ReceiverMismatch
            : config.Token != identity.Token ? BatchSettlementError.TokenMismatch
            : config.WithdrawDelay < options.Value.MinimumWithdrawDelay || config.WithdrawDelay > 2_592_000 ? BatchSettlementError.WithdrawDelay
            : config.Id(identity.PaymentsDomain) != stated ? BatchSettlementError.ChannelIdMismatch
            : !voucher.IsAuthentic(identity.PaymentsDomain) ? BatchSettlementError.VoucherSignature
            : null;
    }

    private PaymentException Refuse(ChannelResult result, ChannelId channel, EscrowView view, TokenAmount ceiling)
    {
        var error = result.Outcome switch
        {
            ChannelOutcome.VoucherTooLow or ChannelOutcome.AlreadyCharged => BatchSettlementError.AmountMismatch,
            ChannelOutcome.ExceedsEscrow => BatchSettlementError.ExceedsBalance,
            ChannelOutcome.TooManyInFlight => BatchSettlementError.ChannelBusy,
            _ => BatchSettlementError.ChannelIdMismatch,
        };
        return Demand(ceiling, error, View(channel, view, result), new VoucherStateView(result.VoucherMax, result.VoucherSignature));
    }

    /// <summary>The x402 form of a channel after a step.</summary>
    internal static ChannelStateView View(ChannelId channel, EscrowView view, ChannelResult result) => new(
        channel, view.Funds.Balance, view.TotalClaimed, result.Charged, result.Reserved, StatedMaxClaimable: result.Stated?.MaxClaimable);

    private PaymentRequirements Requirements(TokenAmount ceiling) => new(
        X402Header.BatchSettlement, X402Header.Network(identity.ChainId), ceiling, identity.Token, identity.Address,
        options.Value.RequestSeconds, Extra());

    private RequirementsExtra Extra() => new(identity.Address, options.Value.MinimumWithdrawDelay, "USD Coin", "2");

    private static PaymentException Malformed(string message, string error = BatchSettlementError.InvalidPayload) => new(400, error, null, message);

    private IChannelActor Actor(ChannelId channel) =>
        actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
}

/// <summary>A ceiling held on a client's channel.</summary>
/// <param name="Ceiling">What the ledger holds for the request, or has charged for it.</param>
/// <param name="IsCharged">An earlier run was charged and did not store its answer.</param>
public sealed record ClientReservation(
    RequestId Request, ChannelId Channel, Address Payer, TokenAmount Ceiling, EscrowView Escrow, bool IsCharged);
