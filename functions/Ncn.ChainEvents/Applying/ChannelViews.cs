using Ncn.Actors;
using Ncn.ChainEvents.Hosting;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Applying;

/// <summary>Tells channels' ledgers what the chain says of them now, so that a gateway sees a withdrawal without asking the chain.</summary>
public sealed class ChannelViews(OperatorAccount account, ChannelActors actors)
{
    /// <summary>Reads a channel and tells its ledger. A stranger's channel, which no ledger knows, is passed over.</summary>
    /// <param name="config">The channel's definition, where it is known.</param>
    /// <returns>What the ledger holds now; null for a stranger's channel.</returns>
    internal async Task<ChannelResult?> ObserveAsync(ChannelId channel, ChannelConfig? config, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var ours = config is not null && (config.Receiver == account.Address || config.Payer == account.Address);
        var ledger = await actors.Channel(channel).GetAsync();
        return ours || IsKnown(ledger) ? await TellAsync(channel, ours, null) : null;
    }

    /// <summary>Reads channels anew whose blocks the chain took back.</summary>
    internal async Task RefreshAsync(IEnumerable<ChannelId> channels, ulong reorganizedFrom, CancellationToken cancellationToken)
    {
        foreach (var channel in channels)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await TellAsync(channel, ours: false, reorganizedFrom);
        }
    }

    // The block's number is asked first: what is read at it is at least as new as the event that asked for it.
    private async Task<ChannelResult> TellAsync(ChannelId channel, bool ours, ulong? reorganizedFrom)
    {
        var block = await account.Chain.ReadBlockNumberAsync();
        var view = await account.Payments.ReadChannelAtAsync(channel, block);
        var escrow = new ChannelEscrow(block, view.Balance, view.TotalClaimed, view.Withdrawing, view.WithdrawalBegunAt);
        return await actors.Channel(channel).ObserveAsync(new ObserveCall(escrow, ours, reorganizedFrom));
    }

    private static bool IsKnown(ChannelResult ledger) => ledger.Escrow is not null || !ledger.VoucherMax.IsZero;
}
