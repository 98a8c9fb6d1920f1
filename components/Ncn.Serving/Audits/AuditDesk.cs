using Dapr.Actors.Client;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Consensus;
using Ncn.Coordination.Receipts;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Receipts;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Audits;

/// <summary>Has one answer run again by all validators because a client has put up a bond: the loser pays.</summary>
/// <remarks>
/// 1. the receipt is found in a closed list; 2. the bond is held on the client's channel, as long as the audit may take; 3. the audit is kept; 4. the
/// operation OpenAudit goes to the validators until they have it; 5. what more than two thirds of the stake say decides: right, and the bond is charged;
/// wrong, divided, or nobody in time, and it is released. Charge and release go by the audit's own key, so a repeat after a crash changes nothing.
/// A crash between 2 and 3 leaves a hold that passes in minutes.
/// </remarks>
public sealed class AuditDesk
{
    // A node's clock may be off; the list is that of the gateway's.
    private const int PeriodsAround = 8;
    private static readonly TimeSpan FirstHold = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(30);

    private readonly AuditStore _store;
    private readonly ReceiptBook _book;
    private readonly ReceiptArchive _archive;
    private readonly LedgerDesk _ledger;
    private readonly StandingWatch _standings;
    private readonly PaymentGate _gate;
    private readonly ChannelTurns _turns;
    private readonly IActorProxyFactory _actors;
    private readonly GatewayIdentity _identity;
    private readonly AuditOptions _options;
    private readonly ReceiptOptions _receipts;
    private readonly TimeProvider _time;
    private DateTimeOffset _lookAt = DateTimeOffset.MinValue;

    internal AuditDesk(
        AuditStore store, ReceiptBook book, ReceiptArchive archive, LedgerDesk ledger, StandingWatch standings, PaymentGate gate, ChannelTurns turns,
        IActorProxyFactory actors, GatewayIdentity identity, IOptions<AuditOptions> options, IOptions<ReceiptOptions> receipts, TimeProvider time)
    {
        (_store, _book, _archive, _ledger, _standings, _gate, _turns) = (store, book, archive, ledger, standings, gate, turns);
        (_actors, _identity, _options, _receipts, _time) = (actors, identity, options.Value, receipts.Value, time);
    }

    private ulong Now => (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Opens an audit of a receipt, or finds the one that it has: then nothing is paid. Throws <see cref="ApiException"/> and <see cref="PaymentException"/>.</summary>
    internal async Task<Audit> OpenAsync(ClientCall call, Signed<Receipt> receipt)
    {
        Check(receipt);
        var digest = receipt.Message.StructHash();
        if (await _store.FindAsync(digest, call.Gone) is { } known)
        {
            return known;
        }

        var (period, index) = await LocateAsync(receipt.Message, digest, call.Gone);
        var bond = TokenAmount.Max(new TokenAmount((ulong)_options.LeastBond), receipt.Message.Price * (ulong)_options.BondPrices);
        var voucher = _gate.Require(call, bond) as ClientPayment.Voucher
            ?? throw new ApiException(ApiError.BadRequest("unsupported_payment", "A bond is held until the audit is decided, which only a voucher of a channel can: pay by batch-settlement.", "payment"));
        var audit = Begin(receipt.Message, digest, period, index, bond, voucher);
        await _gate.HoldAsync(new HoldCall(audit.Hold, bond, FirstHold) { IsRepeatable = true, IsQueued = true }, voucher, call.Gone);
        await ExtendAsync(audit);
        if (!await _store.TryAddAsync(audit, call.Gone))
        {
            // Somebody else was first: with another channel, or this caller's own repeat, whose bond it is.
            var first = await _store.FindAsync(digest, call.Gone) ?? audit;
            await (first.Hold == audit.Hold ? Task.CompletedTask : ReleaseAsync(audit));
            return first;
        }

        _lookAt = default;
        return audit;
    }

    /// <summary>An audit by its id, a receipt's digest; null when there is none.</summary>
    internal Task<Audit?> FindAsync(Hash32 id, CancellationToken cancellationToken) => _store.FindAsync(id, cancellationToken);

    /// <summary>Looks after audits that are not over; called every second, and looks seldom while there are none.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        if (!_book.IsKept || _time.GetUtcNow() < _lookAt)
        {
            return;
        }

        var open = await _store.ListOpenAsync(cancellationToken);
        _lookAt = open.Count == 0 ? _time.GetUtcNow() + IdleLook : _lookAt;
        foreach (var audit in open)
        {
            var next = await StepAsync(audit, cancellationToken);
            await (next == audit ? Task.CompletedTask : _store.ReplaceAsync(next, cancellationToken));
        }
    }

    private void Check(Signed<Receipt> receipt)
    {
        if (!_book.IsKept || _identity.FreeOfCharge)
        {
            throw new ApiException(new ApiError(501, "audits_unavailable", "This gateway has no validators or no storage for receipts, or nobody pays here: nothing can be audited."));
        }

        if (receipt.Message.Gateway != _identity.Address || !receipt.IsSignedBy(receipt.Message.Node, _identity.NetworkDomain))
        {
            throw new ApiException(ApiError.BadRequest("invalid_receipt", $"The receipt is not signed by its node, or is not one of gateway {_identity.Address}; send {{message, signature}} as the answer had it.", "receipt"));
        }
    }

    // Lists nearest to the time that the node states come first.
    private async Task<(ulong Period, uint Index)> LocateAsync(Receipt receipt, Hash32 digest, CancellationToken cancellationToken)
    {
        var (length, now) = (_receipts.Length, Now);
        var stated = ReceiptPeriods.Of(receipt.FinishedAt, length);
        foreach (var step in Enumerable.Range(-PeriodsAround, (2 * PeriodsAround) + 1).OrderBy(static step => Math.Abs(step)).ThenByDescending(static step => step))
        {
            var period = step < 0 ? stated - Math.Min(stated, (ulong)-step) : stated + (ulong)step;
            if (await _archive.FindAsync(period, cancellationToken) is { } closed
                && closed.Rows.Select(static (row, index) => (row.Leaf.Digest, index)).FirstOrDefault(row => row.Digest == digest, (default, -1)).index is >= 0 and var index)
            {
                return (period, (uint)index);
            }
        }

        var closesAt = ReceiptPeriods.ClosesAt(ReceiptPeriods.Of(now, length), length, _receipts.Grace);
        throw stated + PeriodsAround >= ReceiptPeriods.Of(now, length)
            ? new ApiException(new ApiError(409, "receipt_not_listed", "The receipt is in no closed list yet; ask again when its period is over.") { RetryAfterSeconds = (int)((closesAt - now) / 1000) + 1 })
            : new ApiException(new ApiError(404, "receipt_unknown", "The receipt is in no list that is kept here.", "receipt"));
    }

    private Audit Begin(Receipt receipt, Hash32 digest, ulong period, uint index, TokenAmount bond, ClientPayment.Voucher voucher)
    {
        var (channel, client) = (voucher.Signed.Config.Id(_identity.PaymentsDomain), voucher.Signed.Config.Payer);
        var hold = new RequestId(Keccak256.Of([.. "ncn/audit/1"u8, .. digest.ToArray(), .. channel.Value.ToArray()]));
        var operation = _ledger.Sign(new Operation.OpenAudit(_identity.Address, period, digest, client, bond));
        return new Audit(
            digest, period, index, receipt.Node, client, channel, hold, bond, Now, Now + ((ulong)TimeSpan.FromHours(_options.Hours).TotalMilliseconds), operation.Message, operation.Signature);
    }

    private async Task ExtendAsync(Audit audit) => await _actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(audit.Channel), ActorTypes.Channel).ApplyAsync(
        [new ChannelStep { Assign = new AssignCall(audit.Hold.ToString(), null, audit.ExpiresAt + (ulong)Slack.TotalMilliseconds) }]);

    private async Task<Audit> StepAsync(Audit audit, CancellationToken cancellationToken)
    {
        var isTaken = audit.Status == AuditStatus.Open || await _ledger.PostAsync(new Signed<LedgerOperation>(audit.Operation, audit.Signature), cancellationToken);
        var status = _standings.Believed.Audits.TryGetValue((_identity.Address, audit.Receipt), out var verdict) ? Of(verdict)
            : Now > audit.ExpiresAt ? AuditStatus.Expired
            : isTaken ? AuditStatus.Open : audit.Status;
        switch (status)
        {
            case AuditStatus.Passed:
                await _turns.AskAsync(audit.Channel, new ChannelStep { Charge = new ChargeCall(audit.Hold.ToString(), audit.Bond) }, cancellationToken);
                break;
            case AuditStatus.Failed or AuditStatus.Undecided or AuditStatus.Expired:
                await ReleaseAsync(audit);
                break;
        }

        return audit with { Status = status };
    }

    private static AuditStatus Of(AuditVerdict verdict) => verdict switch
    {
        AuditVerdict.Passed => AuditStatus.Passed,
        AuditVerdict.Failed => AuditStatus.Failed,
        AuditVerdict.Undecided => AuditStatus.Undecided,
        _ => AuditStatus.Open,
    };

    private async Task ReleaseAsync(Audit audit) =>
        await _turns.AskAsync(audit.Channel, new ChannelStep { Release = new ReleaseCall(audit.Hold.ToString()) { IsWaiting = true } }, CancellationToken.None);
}
