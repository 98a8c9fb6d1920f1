using Microsoft.Extensions.Options;
using Ncn.Payments.Channels;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Payments;

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
    public async Task<ClaimReport> RunAsync(ClaimPolicy policy, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var done = new List<ClaimTransaction>();
            foreach (IReadOnlyList<ClaimCandidate> batch in ClaimPlanner.Plan(await CandidatesAsync(cancellationToken), policy, Now()))
            {
                done.Add(await ClaimAsync(batch, cancellationToken));
            }

            TokenAmount settled = done.Count > 0 ? await escrow.SettleAsync(cancellationToken) : TokenAmount.Zero;
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
        var policy = new ClaimPolicy(new TokenAmount((UInt128)worker.ClaimMinimum), (ulong)worker.ClaimAgeMinutes * 60_000, ClaimPolicy.Everything.MaximumRows);
        using var clock = new PeriodicTimer(TimeSpan.FromMinutes(worker.ClaimMinutes), time);
        while (await clock.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                ClaimReport report = await RunAsync(policy, stoppingToken);
                logger.LogInformation("Claimed in {Count} transactions and settled {Settled}.", report.Claims.Count, report.Settled);
            }
            catch (Ncn.Chain.ChainException exception)
            {
                logger.LogWarning("Claiming did not work and is tried again in {Minutes} minutes: {Problem}", worker.ClaimMinutes, exception.Message);
            }
        }
    }

    private async Task<ClaimTransaction> ClaimAsync(IReadOnlyList<ClaimCandidate> batch, CancellationToken cancellationToken)
    {
        List<VoucherClaim> claims = [.. batch.Select(candidate => ClaimOf(candidate.ChannelId))];
        ClaimTransaction transaction = await escrow.ClaimAsync(claims, cancellationToken);
        foreach (VoucherClaim claim in claims.Where(claim => transaction.Channels.Contains(claim.Channel)))
        {
            await ledger.ApplyAsync(claim.Channel, new ChannelInput.Claimed(Now(), claim.Total), CancellationToken.None);
        }

        return transaction;
    }

    private VoucherClaim ClaimOf(ChannelId channel)
    {
        ChannelState state = ledger.Channels[channel];
        return new VoucherClaim(channel, new SignedVoucher(state.Config!, state.VoucherMax, state.VoucherSignature!.Value), state.Charged);
    }

    private async Task<IReadOnlyList<ClaimCandidate>> CandidatesAsync(CancellationToken cancellationToken)
    {
        var candidates = new List<ClaimCandidate>();
        foreach ((ChannelId channel, ChannelState state) in ledger.Channels.Where(entry => entry.Value.Charged > entry.Value.Claimed))
        {
            ChannelFunds funds = await escrow.ReadFundsAsync(state.Config!, cancellationToken);
            candidates.Add(new ClaimCandidate(channel, state.Charged - state.Claimed, state.FirstUnclaimedAt, !funds.Withdrawing.IsZero));
        }

        return candidates;
    }

    private ulong Now() => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
}
