using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Payments.Batch;

/// <summary>A ceiling held on a client's channel.</summary>
/// <param name="Ceiling">What the ledger holds for the request, or has charged for it.</param>
/// <param name="IsCharged">An earlier run was charged and did not store its answer.</param>
/// <param name="Deposit">The deposit that came with it, carried out; null when none did.</param>
public sealed record ClientReservation(
    RequestId Request, ChannelId Channel, Address Payer, TokenAmount Ceiling, EscrowView Escrow, bool IsCharged, MadeDeposit? Deposit = null);

/// <param name="Transaction">Null when it had been made before by somebody else's transaction.</param>
public sealed record MadeDeposit(TokenAmount Amount, Hash32? Transaction);

/// <summary>Charges a reservation, never above what was held.</summary>
public sealed class BatchHold(ClientReservation reservation, IActorProxyFactory actors, GatewayIdentity identity) : IPaymentHold
{
    /// <summary>What is held.</summary>
    public ClientReservation Reservation => reservation;

    public bool IsCharged => reservation.IsCharged;

    /// <summary>A deposit is stated at once, with nothing charged yet; what a stream is charged stands in its last event.</summary>
    public async Task<SettlementResponse?> BeginStreamAsync(CancellationToken cancellationToken) =>
        reservation.Deposit is null ? null : Settled(TokenAmount.Zero, await Actor().GetAsync());

    /// <remarks>The cost is what the ledger says: a request that was charged before costs what it cost then, one without a reservation nothing.</remarks>
    public async Task<(TokenAmount Cost, SettlementResponse Settlement)> ChargeAsync(TokenAmount amount)
    {
        var result = await Actor().ChargeAsync(new ChargeCall(reservation.Request.ToString(), TokenAmount.Min(amount, reservation.Ceiling)));
        return (result.KeyAmount, Settled(result.KeyAmount, result));
    }

    public Task DeliveredAsync() => Task.CompletedTask;

    public Task ReleaseAsync() => Actor().ReleaseAsync(reservation.Request.ToString());

    private SettlementResponse Settled(TokenAmount amount, ChannelResult result) => new(
        Success: true, reservation.Deposit?.Transaction?.ToString() ?? string.Empty, X402Header.Network(identity.ChainId),
        reservation.Deposit?.Amount.ToString() ?? string.Empty, reservation.Payer, ErrorReason: null,
        new SettlementExtra(amount, BatchScheme.View(reservation.Channel, reservation.Escrow, result)));

    private IChannelActor Actor() => actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(reservation.Channel), ActorTypes.Channel);
}
