using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Settlement;

/// <summary>What one run moved.</summary>
/// <param name="Claims">One entry per claim transaction that is in a block.</param>
/// <param name="Settled">What was paid out, the protocol's fee included.</param>
/// <param name="SettleTransaction">The transaction that paid out; null when nothing was due.</param>
/// <param name="Pending">Claims that were sent and whose end is not known yet; the next run goes on waiting for them.</param>
public sealed record SettlementReport(
    IReadOnlyList<ClaimReport> Claims, TokenAmount Settled, Hash32? SettleTransaction, IReadOnlyList<PendingClaim> Pending)
{
    internal static SettlementReport Of(IEnumerable<SettlementState> done, TokenAmount settled, Hash32? transaction)
    {
        var all = done.ToArray();
        return new(
            [.. all.Where(static state => state.Phase is SettlementPhase.Mined or SettlementPhase.Recorded && state.Rows.Length > 0).Select(ClaimReport.Of)],
            settled, transaction,
            [.. all.Where(static state => state is { Phase: SettlementPhase.Pending, Transaction: not null }).Select(PendingClaim.Of)]);
    }
}

/// <summary>One claim transaction.</summary>
/// <param name="Channels">The channels whose rows were claimed.</param>
/// <param name="Amount">The sum of the rows.</param>
public sealed record ClaimReport(Hash32 Transaction, IReadOnlyList<ChannelId> Channels, TokenAmount Amount)
{
    internal static ClaimReport Of(SettlementState state) =>
        new(state.Transaction!.Value, [.. state.Rows.Select(static row => row.Channel)], state.Amount);
}

/// <summary>A claim whose end is not known.</summary>
/// <param name="Transaction">The newest transaction signed for it; an older one with the same nonce may be mined instead.</param>
/// <param name="Status">"settlement_pending".</param>
public sealed record PendingClaim(string Purpose, Hash32 Transaction, IReadOnlyList<ChannelId> Channels, TokenAmount Amount, string Status)
{
    internal static PendingClaim Of(SettlementState state) => new(
        state.Purpose, state.Transaction!.Value, [.. state.Rows.Select(static row => row.Channel)], state.Amount, "settlement_pending");
}

/// <summary>Claims as they stand.</summary>
/// <param name="Operator">Who claims.</param>
/// <param name="Unsettled">Claimed and not yet paid out.</param>
/// <param name="Claims">The newest first.</param>
/// <param name="Trouble">Why a node did not take the last transaction, or null.</param>
public sealed record SettlementOverview(Address Operator, TokenAmount Unsettled, IReadOnlyList<ClaimStatus> Claims, string? Trouble);

/// <param name="Status">planned, sending, settlement_pending, mined, recorded or refused.</param>
/// <param name="Transaction">The last hash that is known.</param>
/// <param name="Reason">Why it was refused, or empty.</param>
/// <param name="ChangedAt">Unix milliseconds.</param>
public sealed record ClaimStatus(string Purpose, string Status, Hash32? Transaction, IReadOnlyList<ChannelId> Channels, TokenAmount Amount, string Reason, ulong ChangedAt)
{
    internal static ClaimStatus Of(SettlementState state) => new(
        state.Purpose, NameOf(state.Phase), state.Transaction, [.. state.Rows.Select(static row => row.Channel)], state.Amount, state.Reason, state.ChangedAt);

    private static string NameOf(SettlementPhase phase) => phase switch
    {
        SettlementPhase.Planned => "planned",
        SettlementPhase.Sending => "sending",
        SettlementPhase.Pending => "settlement_pending",
        SettlementPhase.Mined => "mined",
        SettlementPhase.Recorded => "recorded",
        SettlementPhase.Refused => "refused",
        _ => throw new ArgumentOutOfRangeException(nameof(phase)),
    };
}
