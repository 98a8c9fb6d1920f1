using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.ChainEvents.Hosting;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Settlement;

/// <summary>Turns vouchers into money.</summary>
/// <remarks>
/// 1. Go on with claims that an earlier run left open. 2. List the channels of the operator's subnets, less those in open claims. 3. Ask
/// each for its best voucher, and the chain for what was claimed of it. 4. Plan transactions (<see cref="ClaimPlanner"/>). 5. Carry each
/// through its states (<see cref="ClaimTransactions"/>). 6. Sweep what is claimed to the operator. A run may be killed anywhere: the next
/// one finds at 1 and 6 what this one did not finish. One run at a time.
/// </remarks>
public sealed class Settler(
    OperatorAccount account, ClaimFinder finder, ClaimTransactions claims, SettlementBook book, IOptions<ChainEventsOptions> options,
    TimeProvider time, ILogger<Settler> logger) : IDisposable
{
    private const string SweepPrefix = "sweep-";
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Dispose() => _turn.Dispose();

    /// <summary>Claims what the policy of the settings says is due, and sweeps.</summary>
    internal Task<SettlementReport> RunAsync(CancellationToken cancellationToken) =>
        RunAsync(null, options.Value.Policy, sweeps: true, cancellationToken);

    /// <summary>Claims everything, and sweeps.</summary>
    internal Task<SettlementReport> RunAllAsync(CancellationToken cancellationToken) => RunAsync(null, Everything, sweeps: true, cancellationToken);

    /// <summary>Claims what one channel owes, at once; for a payer that has begun to withdraw.</summary>
    internal Task<SettlementReport> RunAsync(ChannelId channel, CancellationToken cancellationToken) =>
        RunAsync(channel, Everything, sweeps: false, cancellationToken);

    private ClaimPolicy Everything => ClaimPolicy.Everything with { MaximumRows = options.Value.MaximumRows };

    private async Task<SettlementReport> RunAsync(ChannelId? only, ClaimPolicy policy, bool sweeps, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var done = await ResumeAsync(cancellationToken);
            done.AddRange(await ClaimAsync(only, done, policy, cancellationToken));
            var sweep = sweeps ? await SweepAsync(cancellationToken) : (TokenAmount.Zero, null);
            return SettlementReport.Of(done, sweep.Amount, sweep.Transaction);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<List<SettlementState>> ResumeAsync(CancellationToken cancellationToken)
    {
        var resumed = new List<SettlementState>();
        foreach (var open in await book.ListOpenAsync(cancellationToken))
        {
            var state = await claims.ResumeAsync(open, cancellationToken);
            if (open.Phase != SettlementPhase.Mined || state.Phase != SettlementPhase.Recorded)
            {
                resumed.Add(state);
            }
        }

        return resumed;
    }

    private async Task<List<SettlementState>> ClaimAsync(
        ChannelId? only, List<SettlementState> resumed, ClaimPolicy policy, CancellationToken cancellationToken)
    {
        // A row is claimed under a new purpose only when the old one can no longer be mined, or is: both would burn gas for one payment.
        var open = resumed.Where(static state => state.Phase is SettlementPhase.Sending or SettlementPhase.Pending)
            .SelectMany(static state => state.Rows).Select(static row => row.Channel).ToHashSet();
        IEnumerable<ChannelId> channels = only is { } one ? [one] : await finder.ListChannelsAsync();
        var found = await finder.FindAsync(channels.Where(channel => !open.Contains(channel)), cancellationToken);
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        var done = new List<SettlementState>();
        foreach (var planned in ClaimPlanner.Plan(found.Values.Select(static claim => claim.Candidate), policy, now))
        {
            var call = CallOf(planned, [.. planned.Rows.Select(row => found[row.Channel])]);
            done.Add(await claims.BeginAsync(SettlementState.Plan(SettlementBook.NewPurpose(now), planned, now), call, cancellationToken));
        }

        return done;
    }

    private TransactionCall CallOf(PlannedClaim planned, FoundClaim[] rows)
    {
        var claimed = rows.Select(static row => row.Claim).ToArray();
        return planned.Group is null
            ? account.Payments.ClaimCall(claimed)
            : account.Payments.ClaimCall(PackedBatch.Sort(claimed).Batches.Single());
    }

    // A sweep pays whatever is claimed and not paid, so one that was left open is waited for and none is sent beside it.
    private async Task<(TokenAmount Amount, Hash32? Transaction)> SweepAsync(CancellationToken cancellationToken)
    {
        var token = account.Token.Address;
        var swept = await account.Transactions.FinishAsync(SweepPrefix, cancellationToken);
        if (!swept.AllDone || (await account.Payments.ReadReceiverAsync(account.Address, token)).Unsettled.IsZero)
        {
            return (TokenAmount.Zero, null);
        }

        var outcome = await account.Transactions.SendAsync(
            OpenPurposes.New(SweepPrefix), account.Payments.SettleCall(account.Address, token), cancellationToken);
        if (outcome is not TransactionOutcome.Mined { Receipt: var receipt })
        {
            logger.LogError("The sweep to {Operator} is not done: {Outcome}", account.Address, outcome);
            return (TokenAmount.Zero, (outcome as TransactionOutcome.Pending)?.Hash);
        }

        var settled = account.Payments.ReadSettlement(receipt);
        logger.LogInformation("Settled {Amount} units to {Operator} in {Transaction}", settled.Amount, account.Address, settled.Transaction);
        return (settled.Amount, settled.Transaction);
    }
}
