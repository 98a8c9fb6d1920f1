using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Chain.Payment;
using Ncn.ChainEvents.Hosting;
using Ncn.Payments.Channels;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Settlement;

/// <summary>A channel that owes something, and the row that claims it.</summary>
public sealed record FoundClaim(ClaimCandidate Candidate, VoucherClaim Claim);

/// <summary>Finds what is owed: the ledgers' best vouchers, beside what the chain has.</summary>
public sealed class ClaimFinder(OperatorAccount account, ChannelActors actors, IOptions<ChainEventsOptions> options, ILogger<ClaimFinder> logger)
{
    private const int ChannelsAtOnce = 8;

    /// <summary>All channels that gateways of the operator's subnets were paid on.</summary>
    internal async Task<IReadOnlySet<ChannelId>> ListChannelsAsync()
    {
        var channels = new HashSet<ChannelId>();
        foreach (var subnet in options.Value.SubnetIds)
        {
            channels.UnionWith(await actors.Subnet(subnet).ListChannelsAsync());
        }

        return channels;
    }

    /// <summary>What is owed on these channels.</summary>
    internal async Task<IReadOnlyDictionary<ChannelId, FoundClaim>> FindAsync(IEnumerable<ChannelId> channels, CancellationToken cancellationToken)
    {
        var found = new Dictionary<ChannelId, FoundClaim>();
        foreach (var group in channels.Chunk(ChannelsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var claim in (await Task.WhenAll(group.Select(InspectAsync))).OfType<FoundClaim>())
            {
                found[claim.Candidate.Channel] = claim;
            }
        }

        return found;
    }

    private async Task<FoundClaim?> InspectAsync(ChannelId channel)
    {
        var claimable = await actors.Channel(channel).GetClaimableAsync();
        if (claimable is null)
        {
            return null;
        }

        var config = claimable.Voucher.Config;
        if (config.Id(account.PaymentsDomain) != channel || (config.Receiver != account.Address && config.ReceiverAuthorizer != account.Address))
        {
            logger.LogError("Channel {Channel} pays {Receiver} and not this operator {Operator}; its voucher is left alone", channel, config.Receiver, account.Address);
            return null;
        }

        var view = await account.Payments.ReadChannelAsync(channel);
        if (view.TotalClaimed > claimable.AlreadyClaimed)
        {
            await actors.Channel(channel).RecordClaimAsync(view.TotalClaimed);
        }

        var target = TokenAmount.Min(claimable.TotalClaimable, view.Balance);
        if (target < claimable.TotalClaimable)
        {
            logger.LogError("Channel {Channel} owes {Owed} and holds {Held}; the rest is lost", channel, claimable.TotalClaimable, view.Balance);
        }

        var candidate = new ClaimCandidate(
            channel, config, claimable.Voucher.MaxClaimableAmount, target, view.TotalClaimed, claimable.FirstUnclaimedAt,
            new ChannelFunds(view.Balance, view.Withdrawing));
        return new FoundClaim(candidate, new VoucherClaim(claimable.Voucher, target));
    }
}
