using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Serving.Payments;

/// <summary>What a channel holds on chain. Second implementation: the tests' in-memory escrow.</summary>
public interface IEscrowReader
{
    /// <summary>The funds of a channel, confirmed.</summary>
    Task<EscrowView> ReadAsync(ChannelId channel, CancellationToken cancellationToken);
}

/// <param name="TotalClaimed">Claimed on chain so far.</param>
/// <param name="WithdrawalBegunAt">Unix seconds; 0 when the payer takes nothing back.</param>
public sealed record EscrowView(ChannelFunds Funds, TokenAmount TotalClaimed, ulong WithdrawalBegunAt = 0);
