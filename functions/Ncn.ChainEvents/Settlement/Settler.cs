using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Chain.Payment;
using Ncn.ChainEvents.Hosting;
using Ncn.Payments.Channels;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Settlement;

/// <summary>Turns vouchers into money.</summary>
/// <remarks>
/// 1. List the channels of the operator's subnets. 2. Ask each for its best voucher. 3. Read the channel from the chain: what was
/// claimed there and is not in the ledger is recorded, and never claimed again. 4. Plan batches (<see cref="ClaimPlanner"/>).
/// 5. Claim a batch, wait until it is mined, record each row. 6. Sweep what is claimed to the operator.
/// A run may be killed anywhere: the next one finds at 3 and 6 what this one did not finish. One run at a time.
/// </remarks>
public sealed class Settler(
    OperatorAccount account, ChannelActors actors, IOptions<ChainEventsOptions> options, TimeProvider time, ILogger<Settler> logger) : IDisposable
{
    private const int ChannelsAtOnce = 8;
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Dispose() => _turn.Dispose();

    /// <summary>Claims what the policy of the settings says is due.</summary>
    public Task<SettlementReport> RunAsync(CancellationToken cancellationToken) => RunAsync(options.Value.Policy, cancellationToken);

    /// <summary>Claims everything.</summary>
    public Task<SettlementReport> RunAllAsync(CancellationToken cancellationToken) =>
        RunAsync(ClaimPolicy.Everything with { MaximumRows = options.Value.MaximumRows }, cancellationToken);

    private async Task<SettlementReport> RunAsync(ClaimPolicy policy, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var due = await FindAsync(cancellationToken);
            var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
            var claims = new List<ClaimReport>();
            foreach (var batch in ClaimPlanner.Plan(due.Keys, policy, now))
            {
                claims.Add(await ClaimAsync([.. batch.Rows.Select(candidate => due[candidate])], cancellationToken));
            }

            var (settled, transaction) = await SettleAsync(cancellationToken);
            return new SettlementReport(claims, settled, transaction);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<Dictionary<ClaimCandidate, VoucherClaim>> FindAsync(CancellationToken cancellationToken)
    {
        var channels = new HashSet<ChannelId>();
        foreach (var subnet in options.Value.SubnetIds)
        {
            channels.UnionWith(await actors.Subnet(subnet).ListChannelsAsync());
        }

        var found = new Dictionary<ClaimCandidate, VoucherClaim>();
        foreach (var group in channels.Chunk(ChannelsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var entry in await Task.WhenAll(group.Select(InspectAsync)))
            {
                if (entry is var (candidate, claim))
                {
                    found.Add(candidate, claim);
                }
            }
        }

        return found;
    }

    private async Task<(ClaimCandidate, VoucherClaim)?> InspectAsync(ChannelId channel)
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
        return (candidate, new VoucherClaim(claimable.Voucher, target));
    }

    private async Task<ClaimReport> ClaimAsync(VoucherClaim[] claims, CancellationToken cancellationToken)
    {
        var outcome = await account.Payments.ClaimAsync(claims, cancellationToken);
        foreach (var row in outcome.Claimed)
        {
            await actors.Channel(row.Channel).RecordClaimAsync(row.TotalClaimed);
        }

        foreach (var row in outcome.Skipped)
        {
            logger.LogError("The contract skipped channel {Channel} in claim {Transaction}: {Fault}", row.Channel, outcome.Transaction, row.Fault);
        }

        logger.LogInformation("Claimed {Amount} units from {Count} channels in {Transaction}", outcome.Total, outcome.Claimed.Count, outcome.Transaction);
        return new ClaimReport(outcome.Transaction, [.. outcome.Claimed.Select(row => row.Channel)], outcome.Total);
    }

    private async Task<(TokenAmount Amount, Hash32? Transaction)> SettleAsync(CancellationToken cancellationToken)
    {
        var token = account.Token.Address;
        if ((await account.Payments.ReadReceiverAsync(account.Address, token)).Unsettled.IsZero)
        {
            return (TokenAmount.Zero, null);
        }

        var outcome = await account.Payments.SettleAsync(account.Address, token, cancellationToken);
        logger.LogInformation("Settled {Amount} units to {Operator} in {Transaction}", outcome.Amount, account.Address, outcome.Transaction);
        return (outcome.Amount, outcome.Transaction);
    }
}
