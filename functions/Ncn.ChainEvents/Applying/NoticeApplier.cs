using Microsoft.Extensions.Logging;
using Ncn.ChainEvents.Hosting;
using Ncn.ChainEvents.Pump;
using Ncn.ChainEvents.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Applying;

/// <summary>Does what a notice asks for. Everything is read from the chain as it is now, so order and repeats make no difference.</summary>
public sealed class NoticeApplier(
    OperatorAccount account, ChannelViews channels, SubnetViews subnets, Settler settler, ClaimFinder finder, DisputeDesk disputes,
    ILogger<NoticeApplier> logger)
{
    /// <summary>Throws when chain or registry do not answer: the message is then delivered again.</summary>
    internal Task ApplyAsync(ChainNotice notice, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notice);
        return notice.Kind switch
        {
            NoticeKind.Channels => ObserveAsync(notice, cancellationToken),
            NoticeKind.Withdrawal => WatchAsync(notice, cancellationToken),
            NoticeKind.Subnet => subnets.ObserveSubnetAsync(notice.Subnet!.Value),
            NoticeKind.Stake => subnets.ObserveStakeAsync(notice.Subnet!.Value, notice.Operator!.Value),
            NoticeKind.Dispute => AnswerAsync(notice, cancellationToken),
            NoticeKind.Reorganized => RefreshAsync(notice.Block, cancellationToken),
            _ => throw new ArgumentException($"{notice.Kind} is no kind of notice.", nameof(notice)),
        };
    }

    private async Task ObserveAsync(ChainNotice notice, CancellationToken cancellationToken)
    {
        foreach (var channel in notice.Channels!)
        {
            await channels.ObserveAsync(channel, notice.Config, cancellationToken);
        }
    }

    // The watchtower: first no new voucher is taken against what is withdrawn, then what is owed is claimed.
    private async Task WatchAsync(ChainNotice notice, CancellationToken cancellationToken)
    {
        foreach (var channel in notice.Channels!)
        {
            if (await channels.ObserveAsync(channel, notice.Config, cancellationToken) is not { Escrow.Withdrawing.IsZero: false } ledger)
            {
                continue;
            }

            logger.LogWarning(
                "The payer of channel {Channel} withdraws {Amount} units; {Owed} units are owed and claimed now", channel, ledger.Escrow.Withdrawing,
                TokenAmount.SubtractOrZero(ledger.Charged, ledger.Claimed));
            var report = await settler.RunAsync(channel, cancellationToken);
            if (report.Pending.Any(pending => pending.Channels.Contains(channel)))
            {
                throw new InvalidOperationException($"The claim on channel {channel}, whose payer withdraws, is not in a block yet; this notice is delivered again.");
            }
        }
    }

    private async Task AnswerAsync(ChainNotice notice, CancellationToken cancellationToken)
    {
        if (notice.Operator == account.Address)
        {
            await disputes.AnswerAsync(notice.Id, notice.Dispute!.Value, notice.Channels![0], cancellationToken);
        }
    }

    private async Task RefreshAsync(ulong from, CancellationToken cancellationToken)
    {
        await channels.RefreshAsync(await finder.ListChannelsAsync(), from, cancellationToken);
        await subnets.RefreshAsync(from, cancellationToken);
    }
}
