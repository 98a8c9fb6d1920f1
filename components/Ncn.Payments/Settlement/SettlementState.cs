using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Payments.Settlement;

/// <summary>How far a claim transaction is.</summary>
public enum SettlementPhase
{
    /// <summary>Decided, and nothing has left the process.</summary>
    Planned,

    /// <summary>Handed to the sender of transactions, or about to be: it may or may not have left.</summary>
    Sending,

    /// <summary>Sent, and nobody knows yet how it ended (x402: settlement_pending).</summary>
    Pending,

    /// <summary>In a block; its rows are not all in the channels' ledgers.</summary>
    Mined,

    /// <summary>In a block and in the ledgers. The end.</summary>
    Recorded,

    /// <summary>Nothing was claimed by it and nothing ever will be. The end: its rows are planned anew.</summary>
    Refused,
}

/// <summary>One row of a settlement.</summary>
/// <param name="Target">The running total that the claim raises the channel to.</param>
/// <param name="Amount">By how much, as planned or, once it is mined, as it happened.</param>
public sealed record SettlementRow(ChannelId Channel, TokenAmount Target, TokenAmount Amount);

/// <summary>One claim transaction from plan to record.</summary>
/// <remarks>
/// Vouchers are cumulative, so a second transaction over the same rows pays nothing: the contract skips a row whose total is claimed
/// already. What a repeat can do is burn gas, and claim what was charged in between. So a settlement is never repeated under a new
/// purpose while the old one may still be mined, and its loss at any point costs gas at most.
/// </remarks>
/// <param name="Purpose">The purpose under which the sender sends at most one transaction.</param>
/// <param name="Rows">As planned; once mined, those that the contract claimed.</param>
/// <param name="Transaction">The last hash that is known; null before it was sent.</param>
/// <param name="Reason">Why it was refused, or empty.</param>
/// <param name="ChangedAt">Unix milliseconds.</param>
public sealed record SettlementState(
    string Purpose, SettlementPhase Phase, ImmutableArray<SettlementRow> Rows, Hash32? Transaction, string Reason, ulong ChangedAt)
{
    /// <summary>True when nothing will happen any more.</summary>
    public bool IsOver => Phase is SettlementPhase.Recorded or SettlementPhase.Refused;

    /// <summary>The sum of the rows.</summary>
    public TokenAmount Amount => Rows.Aggregate(TokenAmount.Zero, static (sum, row) => sum + row.Amount);

    /// <summary>A settlement that was just planned.</summary>
    public static SettlementState Plan(string purpose, PlannedClaim batch, ulong now)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        ArgumentNullException.ThrowIfNull(batch);
        return new(purpose, SettlementPhase.Planned, [.. batch.Rows.Select(static row => new SettlementRow(row.Channel, row.Target, row.Unclaimed))], null, "", now);
    }
}
