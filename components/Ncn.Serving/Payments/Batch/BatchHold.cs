using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Payments.Batch;

/// <summary>A ceiling held on a client's channel.</summary>
/// <param name="Ceiling">What the ledger holds for the request, or has charged for it.</param>
/// <param name="IsCharged">An earlier run was charged and did not store its answer.</param>
/// <param name="Deposit">The deposit that came with it, carried out; null when none did.</param>
public sealed record ClientReservation(
    RequestId Request, ChannelId Channel, Address Payer, TokenAmount Ceiling, EscrowView Escrow, bool IsCharged, MadeDeposit? Deposit = null)
{
    /// <summary>The charge is durable before it is told.</summary>
    public bool AwaitsCharge { get; init; }

    /// <summary>The payer counts on the books that it is told: it is told them when they are durable.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Its answer is kept before it is charged.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>The reservation was there already.</summary>
    public bool IsRunningElsewhere { get; init; }

    /// <summary>It waits in the queue: no process holds it.</summary>
    public bool IsQueued { get; init; }

    /// <summary>The key had a reservation before, which ended without a charge.</summary>
    public bool IsAnew { get; init; }

    /// <summary>Until when it is held, unix milliseconds.</summary>
    public ulong ExpiresAt { get; init; }

    /// <summary>The channel's books when it was held.</summary>
    public required ChannelResult Held { get; init; }
}

/// <param name="Transaction">Null when it had been made before by somebody else's transaction.</param>
public sealed record MadeDeposit(TokenAmount Amount, Hash32? Transaction);

/// <summary>Charges a reservation once, never above what was held.</summary>
/// <remarks>
/// A charge is not waited for: it is durable a moment later, and what the payer is told is what the books will be then. It is waited for
/// where that cannot be known (other processes charge on the channel) or where the payer counts on it. One whose answer is kept for repeats
/// is sent when the answer is: a crash in between charges what the kept answer says.
/// </remarks>
public sealed class BatchHold(ClientReservation reservation, ChannelTurns turns, GatewayIdentity identity) : IPaymentHold
{
    private Promise? _promised;
    private bool _isEnded;
    private TokenAmount _raised;

    /// <summary>What the request may cost: what was held for it, and what its payer has added since.</summary>
    public TokenAmount Allowed => TokenAmount.Max(reservation.Ceiling, _raised);

    /// <summary>The newest voucher that was taken while the request ran: it may cover further steps; null when none was.</summary>
    public SignedVoucher? Newest { get; private set; }

    /// <summary>What is held.</summary>
    public ClientReservation Reservation => reservation;

    public bool IsCharged => reservation.IsCharged;

    public bool IsRunningElsewhere => reservation.IsRunningElsewhere;

    public bool IsAnew => reservation.IsAnew;

    private string Key => reservation.Request.ToString();

    // It may come late, when the same key was reserved anew: what another process holds then, or what waits longer, is not this one.
    private ReleaseCall Back => reservation.IsQueued
        ? new ReleaseCall(Key) { IsWaiting = true, Until = reservation.ExpiresAt }
        : new ReleaseCall(Key, turns.Holder);

    /// <summary>A deposit is stated at once, with nothing charged yet; what a stream is charged stands in its last event.</summary>
    public Task<SettlementResponse?> BeginStreamAsync(CancellationToken cancellationToken) => Task.FromResult(
        reservation.Deposit is null ? null : Settled(TokenAmount.Zero, turns.View(reservation.Channel) ?? reservation.Held));

    /// <remarks>The cost is what the ledger says: a request that was charged before costs what it cost then, one without a reservation nothing.</remarks>
    public async Task<(TokenAmount Cost, SettlementResponse Settlement)> ChargeAsync(TokenAmount amount)
    {
        var charge = new ChargeCall(Key, TokenAmount.Min(amount, Allowed));
        if (_isEnded || IsCharged || !_raised.IsZero || reservation.AwaitsCharge || (!reservation.IsRepeatable && (reservation.IsStrict || turns.IsShared(reservation.Channel))))
        {
            _isEnded = true;
            var result = await turns.AskAsync(reservation.Channel, new ChannelStep { Charge = charge }, CancellationToken.None);
            return (result.KeyAmount, Settled(result.KeyAmount, result));
        }

        _promised = new Promise(charge.Amount, reservation.Ceiling);
        var books = turns.Promise(reservation.Channel, reservation.Held, _promised);
        if (!reservation.IsRepeatable)
        {
            Keep(charge.Amount);
        }

        return (charge.Amount, Settled(charge.Amount, books));
    }

    /// <summary>The payer promises more while the request runs; durable when it returns. What is allowed afterwards says whether it was enough.</summary>
    /// <param name="amount">In all.</param>
    /// <param name="expiresAt">Unix milliseconds.</param>
    public async Task<ChannelResult> RaiseAsync(SignedVoucher voucher, TokenAmount amount, ulong expiresAt)
    {
        var raise = new RaiseCall(Key, voucher, amount, reservation.Escrow.Funds, expiresAt);
        var result = await turns.AskAsync(reservation.Channel, new ChannelStep { Raise = raise }, CancellationToken.None);
        if (result.Outcome is ChannelOutcome.Accepted or ChannelOutcome.Repeated)
        {
            (_raised, Newest) = (TokenAmount.Max(_raised, result.KeyAmount), voucher);
        }

        return result;
    }

    /// <summary>Holds it longer, because its answer is still being read.</summary>
    /// <param name="expiresAt">Unix milliseconds.</param>
    public void Extend(ulong expiresAt)
    {
        if (!_isEnded && !IsCharged)
        {
            turns.Tell(reservation.Channel, new ChannelStep { Assign = new AssignCall(Key, turns.Holder, expiresAt) });
        }
    }

    public Task DeliveredAsync()
    {
        if (!_isEnded && _promised is { } promised)
        {
            Keep(promised.Charged);
        }

        return Task.CompletedTask;
    }

    public Task ReleaseAsync()
    {
        if (_isEnded || IsCharged || IsRunningElsewhere)
        {
            return Task.CompletedTask;
        }

        _isEnded = true;
        if (_promised is { } promised)
        {
            turns.Withdraw(reservation.Channel, promised);
        }

        turns.Tell(reservation.Channel, new ChannelStep { Release = Back });
        return Task.CompletedTask;
    }

    public async Task<bool> TryReleaseAsync()
    {
        if (_isEnded || IsCharged || IsRunningElsewhere)
        {
            return false;
        }

        var released = await turns.AskAsync(reservation.Channel, new ChannelStep { Release = Back }, CancellationToken.None);
        _isEnded = true;
        return released.KeyAmount.IsZero;
    }

    private void Keep(TokenAmount amount)
    {
        _isEnded = true;
        turns.Keep(reservation.Channel, new ChargeCall(Key, amount), _promised!);
    }

    private SettlementResponse Settled(TokenAmount amount, ChannelResult result) => new(
        Success: true, reservation.Deposit?.Transaction?.ToString() ?? string.Empty, X402Header.Network(identity.ChainId),
        reservation.Deposit?.Amount.ToString() ?? string.Empty, reservation.Payer, ErrorReason: null,
        new SettlementExtra(amount, BatchScheme.View(reservation.Channel, reservation.Escrow, result)));
}
