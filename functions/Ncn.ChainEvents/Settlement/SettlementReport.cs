using Ncn.Protocol;

namespace Ncn.ChainEvents.Settlement;

/// <summary>What one run moved.</summary>
/// <param name="Claims">One entry per claim transaction.</param>
/// <param name="Settled">What was paid out to the operator.</param>
/// <param name="SettleTransaction">The transaction that paid out; null when nothing was due.</param>
public sealed record SettlementReport(IReadOnlyList<ClaimReport> Claims, TokenAmount Settled, Hash32? SettleTransaction);

/// <summary>One claim transaction.</summary>
/// <param name="Channels">The channels whose rows were claimed.</param>
/// <param name="Amount">The sum of the rows.</param>
public sealed record ClaimReport(Hash32 Transaction, IReadOnlyList<ChannelId> Channels, TokenAmount Amount);
