using Ncn.Actors;
using Ncn.Coordination.Batches;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

public class BatchActorTests
{
    private const ulong Day = 24UL * 60 * 60 * 1000;

    [Fact]
    public async Task A_batch_lives_over_a_crash_and_ends_with_its_files()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var batch = registry.Batch(Samples.Request(1));
        Assert.Equal(BatchOutcome.Unknown, (await batch.GetAsync()).Outcome);
        Assert.Equal(BatchOutcome.Accepted, (await batch.CreateAsync(Spec(registry))).Outcome);
        var first = await batch.ClaimAsync("a");
        await batch.SettleAsync(new SettleCall(first.State.LeaseToken, [new SettledLine(0, true, Samples.Amount(7))]));
        await registry.CrashAsync();

        var repeated = await batch.CreateAsync(Spec(registry) with { MetadataJson = "{}" });
        Assert.Equal((BatchOutcome.Repeated, 1), (repeated.Outcome, repeated.State.Succeeded));
        Assert.Null(repeated.Spec!.MetadataJson);
        Assert.Equal(BatchOutcome.Conflict, (await batch.CreateAsync(Spec(registry) with { Fingerprint = Samples.Hash(8) })).Outcome);
        var done = await batch.SettleAsync(new SettleCall(first.State.LeaseToken, [new SettledLine(1, false, TokenAmount.Zero)]));
        Assert.Equal((BatchPhase.Finalizing, 1, 1), (done.State.Phase, done.State.Succeeded, done.State.Failed));
        await batch.FinishAsync(new FinishCall(first.State.LeaseToken, "file-out", "file-errors"));
        await registry.CrashAsync();

        var ended = await batch.GetAsync();
        Assert.Equal((BatchPhase.Completed, "file-out", "file-errors", Samples.Amount(7)), (ended.State.Phase, ended.OutputFile, ended.ErrorFile, ended.State.Charged));
    }

    [Fact]
    public async Task A_gateway_whose_lease_has_passed_can_neither_settle_nor_finish()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var batch = registry.Batch(Samples.Request(1));
        await batch.CreateAsync(Spec(registry));
        var first = await batch.ClaimAsync("a");
        Assert.Equal(BatchOutcome.LeaseLost, (await batch.ClaimAsync("b")).Outcome);

        registry.Time.Advance(new BatchLimits().LeaseMilliseconds);

        var second = await batch.ClaimAsync("b");
        Assert.Equal(BatchOutcome.Accepted, second.Outcome);
        var late = await batch.SettleAsync(new SettleCall(first.State.LeaseToken, [new SettledLine(0, true, Samples.Amount(7))]));
        Assert.Equal((BatchOutcome.LeaseLost, 0), (late.Outcome, late.State.Succeeded));
        await batch.CancelAsync();
        Assert.Equal(BatchOutcome.LeaseLost, (await batch.FinishAsync(new FinishCall(first.State.LeaseToken, "file-late", null))).Outcome);
        Assert.Null((await batch.GetAsync()).OutputFile);
        Assert.Equal(BatchPhase.Cancelled, (await batch.FinishAsync(new FinishCall(second.State.LeaseToken, null, null))).State.Phase);
    }

    [Fact]
    public async Task A_batch_is_forgotten_by_its_reminder_a_month_after_its_end()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var batch = registry.Batch(Samples.Request(1));
        await batch.CreateAsync(Spec(registry));
        var claimed = await batch.ClaimAsync("a");
        await batch.CancelAsync();
        await batch.FinishAsync(new FinishCall(claimed.State.LeaseToken, null, null));

        registry.Time.Advance(new BatchLimits().MemoryMilliseconds);
        await registry.Sidecar.FireAsync(ActorTypes.Batch, ActorTypes.IdOf(Samples.Request(1)).GetId(), "forget");

        Assert.Equal(BatchOutcome.Unknown, (await batch.GetAsync()).Outcome);
        Assert.Empty(registry.Sidecar.State);
    }

    private static BatchSpec Spec(RegistryFixture registry) => new(
        "batch_1", "account", "/v1/chat/completions", "file-in", "24h", 2, Samples.Hash(9), null, Samples.Amount(50), registry.Time.Milliseconds + Day, null);
}
