using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Payments.Channels;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Payments;

/// <summary>A claim transaction, as the operator sees it.</summary>
/// <param name="Transaction">Its hash.</param>
/// <param name="Channels">Channels that it claimed.</param>
/// <param name="Amount">What it added to the claimed totals, atomic units.</param>
public sealed record ClaimTransaction(Hash32 Transaction, IReadOnlyList<ChannelId> Channels, TokenAmount Amount);

/// <summary>What a run of claims did.</summary>
/// <param name="Claims">Its transactions.</param>
/// <param name="Settled">What reached the node's own account, atomic units.</param>
public sealed record ClaimReport(IReadOnlyList<ClaimTransaction> Claims, TokenAmount Settled);

/// <summary>Claims the node's vouchers on chain: when the operator asks, and by the clock when it is worth its gas.</summary>
internal sealed class Claims(
    VoucherLedger ledger, IEscrow escrow, IOptions<WorkerOptions> options, TimeProvider time, ILogger<Claims> logger) : BackgroundService
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Claims and settles what the policy finds due.</summary>
    /// <exception cref="ChainException">The chain refused or did not answer; what was claimed before stays claimed.</exception>
    public async Task<ClaimReport> RunAsync(ClaimPolicy policy, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var done = new List<ClaimTransaction>();
            foreach (PlannedClaim batch in ClaimPlanner.Plan(await CandidatesAsync(), policy, Now()))
            {
                done.Add(await ClaimAsync(batch.Rows, cancellationToken));
            }

            TokenAmount settled = done.Count > 0 ? (await escrow.SettleAsync(cancellationToken)).Amount : TokenAmount.Zero;
            return new ClaimReport(done, settled);
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        WorkerOptions worker = options.Value;
        var policy = new ClaimPolicy(
            new TokenAmount((UInt128)worker.ClaimMinimum), (ulong)worker.ClaimAgeMinutes * 60_000, ClaimPolicy.Everything.MaximumRows);
        using var clock = new PeriodicTimer(TimeSpan.FromMinutes(worker.ClaimMinutes), time);
        while (await clock.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                ClaimReport report = await RunAsync(policy, stoppingToken);
                logger.LogInformation("Claimed in {Count} transactions and settled {Settled}.", report.Claims.Count, report.Settled);
            }
            catch (ChainException exception)
            {
                logger.LogWarning("Claiming did not work and is tried again in {Minutes} minutes: {Problem}", worker.ClaimMinutes, exception.Message);
            }
        }
    }

    private async Task<ClaimTransaction> ClaimAsync(IReadOnlyList<ClaimCandidate> batch, CancellationToken cancellationToken)
    {
        ClaimOutcome outcome = await escrow.ClaimAsync([.. batch.Select(candidate => ClaimOf(candidate.Channel))], cancellationToken);
        foreach (ClaimedRow row in outcome.Claimed)
        {
            await ledger.ApplyAsync(row.Channel, new ChannelInput.Claimed(Now(), row.TotalClaimed), CancellationToken.None);
        }

        foreach (SkippedRow row in outcome.Skipped)
        {
            logger.LogWarning("The chain skipped the claim on channel {Channel}: {Fault}.", row.Channel, row.Fault);
        }

        return new ClaimTransaction(outcome.Transaction, [.. outcome.Claimed.Select(row => row.Channel)], outcome.Total);
    }

    private VoucherClaim ClaimOf(ChannelId channel)
    {
        ChannelState state = ledger.Channels[channel].State;
        return new VoucherClaim(new SignedVoucher(state.Config!, state.VoucherMax, state.VoucherSignature!.Value), state.Charged);
    }

    private async Task<IReadOnlyList<ClaimCandidate>> CandidatesAsync()
    {
        var candidates = new List<ClaimCandidate>();
        foreach ((ChannelId channel, VoucherAccount account) in ledger.Channels)
        {
            ChannelState state = account.State;
            if (state.Charged > state.Claimed)
            {
                ChannelFunds funds = await escrow.ReadFundsAsync(channel, state.VoucherMax);
                candidates.Add(new ClaimCandidate(
                    channel, state.Config!, state.VoucherMax, state.Charged, state.Claimed, state.FirstUnclaimedAt, funds));
            }
        }

        return candidates;
    }

    private ulong Now() => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
}
