using Ncn.Validator.Tests.Support;
using Ncn.Verification;

namespace Ncn.Validator.Tests.Engine;

/// <summary>Four engines in one process, on real files and with real signatures.</summary>
public sealed class EngineTests
{
    [Fact]
    public async Task Operations_given_to_anybody_are_final_everywhere_in_one_order()
    {
        using var cluster = new TestCluster().Start();
        var operations = Enumerable.Range(0, 40).Select(node => TestCluster.Announce(cluster.Validators[node % 4], (ulong)node)).ToArray();
        await cluster.UntilAsync(() => cluster.Validators.All(validator => operations.All(validator.Operations.ContainsKey)), "all operations are final everywhere");

        Assert.All(cluster.Validators, static validator => Assert.Null(validator.Halt));
        Assert.All(cluster.Validators, static validator => Assert.Empty(validator.Accusations));
        await cluster.UntilAsync(() => cluster.Validators.All(static validator => validator.Checkpoints.Any(static checkpoint => checkpoint.Height == 10)), "a checkpoint has its signatures");
    }

    [Fact]
    public async Task Three_of_four_go_on_and_the_fourth_catches_up_after_its_return()
    {
        using var cluster = new TestCluster().Start();
        await cluster.UntilAsync(() => cluster.Height >= 3, "blocks are final");
        var late = cluster.Validators[3];
        late.Stop();
        var missed = TestCluster.Announce(cluster.Validators[0], 1);
        await cluster.UntilAsync(() => cluster.Validators.Take(3).All(validator => validator.Operations.ContainsKey(missed)), "three go on");
        late.Start();
        await cluster.UntilAsync(() => late.Operations.ContainsKey(missed), "the fourth has the block that it missed");
    }

    [Fact]
    public async Task One_far_behind_goes_on_from_a_snapshot_and_takes_the_state_of_the_verification_from_the_others()
    {
        using var cluster = new TestCluster(
            weights: [100, 100, 1, 100], limits: static limits => limits with { MaxCatchUp = 8, IdleMilliseconds = 20 }, work: new VerificationRules()).Start(); // who is away seldom leads
        await cluster.UntilAsync(() => cluster.Height >= 2, "blocks are final");
        var late = cluster.Validators[2];
        late.Stop();
        TestCluster.Announce(cluster.Validators[0], 1);
        var here = cluster.Height;
        var node = 2UL;
        await cluster.UntilAsync(() => TestCluster.Announce(cluster.Validators[0], node++) != default && cluster.Height >= here + 75, "three go far");
        late.Start();
        await cluster.UntilAsync(() => late.Status.Delivered.Height >= here + 75, "the fourth is there");
        Assert.Contains(Enumerable.Range(1, 75), step => !late.Final.ContainsKey(here + (ulong)step)); // it may have had the first ones block by block, before it heard how far the others are

        var other = cluster.Validators[0].Fold!;
        await cluster.UntilAsync(() => late.Fold!.State is { } state && other.State is { } same && state.Height == same.Height && state.Digest == same.Digest, "it knows what the others know");
    }

    [Theory]
    [InlineData(2)] // by the ledgers at their ends
    [InlineData(256)] // by blocks, as long as there are some
    public async Task One_whose_epoch_the_others_have_left_comes_back_through_the_epochs_that_it_missed(ulong mostBlocks)
    {
        using var cluster = new TestCluster(
            weights: [100, 100, 1, 100], epochHeights: 6, limits: limits => limits with { MaxCatchUp = mostBlocks, IdleMilliseconds = 20 }, work: new VerificationRules()).Start();
        await cluster.UntilAsync(() => cluster.Height >= 2, "blocks are final");
        var late = cluster.Validators[2];
        late.Stop();
        var left = late.Status.Epoch.Number;
        await cluster.UntilAsync(() => cluster.Validators[0].Status.Epoch.Number >= left + 3, "the others have gone through two epochs");
        late.Start();
        await cluster.UntilAsync(() => late.Status.Epoch.Number >= left + 3 && late.Status.Delivered.Height + 6 > cluster.Height, "it is where they are");
        var other = cluster.Validators[0].Fold!;
        await cluster.UntilAsync(() => late.Fold!.State is { } state && other.State is { } same && state.Height == same.Height && state.Digest == same.Digest, "it knows what the others know");
    }

    [Fact]
    public async Task Epochs_follow_each_other_and_their_ends_are_checkpoints()
    {
        using var cluster = new TestCluster(epochHeights: 6, limits: static limits => limits with { IdleMilliseconds = 20 }).Start();
        await cluster.UntilAsync(() => cluster.Validators.All(static validator => validator.Status.Epoch.Number >= 3), "two epochs end");
        Assert.All(cluster.Validators, static validator => Assert.NotNull(validator.Status.Epoch.Own));
        Assert.Contains(cluster.Validators[0].Checkpoints, checkpoint => checkpoint.Epoch == 1 && checkpoint.NextSetHash == cluster.Set.Hash);
    }

    [Fact]
    public async Task A_guard_restored_from_a_backup_is_found_out_by_the_own_votes_that_come_in()
    {
        var disk = new FaultyDisk();
        using var cluster = new TestCluster(weights: [200, 100, 100, 100]); // nothing is final without the first one
        cluster.Validators[0] = cluster.NewValidator(1, disk);
        cluster.Start();
        await cluster.UntilAsync(() => cluster.Height >= 2, "blocks are final");
        var backup = disk.Backup();
        var then = cluster.Height;
        await cluster.UntilAsync(() => cluster.Height >= then + 3, "more blocks are final");
        var lost = cluster.Validators[0];
        lost.Stop();
        lost.Start(backup);
        await cluster.UntilAsync(() => lost.Halt is not null, "the restored one stops signing");
        Assert.Contains("not in the guard", lost.Halt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Leftover.Nothing)]
    [InlineData(Leftover.Torn)]
    [InlineData(Leftover.Everything)]
    public async Task A_validator_that_is_killed_at_any_step_of_its_disk_comes_back_and_nobody_is_accused(Leftover leftover)
    {
        var disk = new FaultyDisk();
        using var cluster = new TestCluster(epochHeights: 12, limits: static limits => limits with { IdleMilliseconds = 20 });
        cluster.Validators[1] = cluster.NewValidator(2, disk);
        cluster.Start();
        var victim = cluster.Validators[1];
        for (var life = 0; life < 5; life++)
        {
            disk.CrashAt = disk.Steps.Count + 7 + (17 * life % 31);
            await cluster.UntilAsync(() => victim.Failure is not null, $"life {life} ends");
            victim.Stop();
            disk = disk.AfterCrash(leftover);
            victim.Start(disk);
        }

        var height = cluster.Height;
        await cluster.UntilAsync(() => cluster.Validators.All(validator => validator.Status.Delivered.Height > height + 2), "all go on");
        Assert.All(cluster.Validators, static validator => Assert.Empty(validator.Accusations));
        Assert.All(cluster.Validators, static validator => Assert.Null(validator.Halt));
    }
}
