using Ncn.Consensus.Tests.Network;

namespace Ncn.Consensus.Tests;

/// <summary>Random schedules: safety always, liveness when the network has settled, evidence for what was signed twice.</summary>
public sealed class ScheduleTests
{
    private static readonly ulong[] Four = [1, 1, 1, 1];
    private static readonly ulong[] Seven = [10, 20, 30, 20, 10, 5, 5];

    [Theory]
    [InlineData(4, false, 15)]
    [InlineData(4, true, 20)]
    [InlineData(7, true, 10)]
    public void Every_schedule_is_safe_and_live(int validators, bool hasByzantine, int seeds)
    {
        for (var seed = 1UL; seed <= (ulong)seeds; seed++)
        {
            Search(seed, new NetworkOptions(validators == 4 ? Four : Seven, hasByzantine ? [2] : []) { Disk = 5 });
        }
    }

    [Fact]
    public void Epochs_follow_each_other_in_any_weather()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var network = Search(seed, new NetworkOptions(Four, 1) { Disk = 5, EndHeight = 6 });
            Assert.True(network.Honest.All(static validator => validator.State.Epoch.Number >= 3), $"seed {seed}: {network.Final.Count} blocks");
        }
    }

    [Fact]
    public void Blocks_are_final_three_delays_after_their_leader_entered_the_view()
    {
        var network = new TestNetwork(1, new NetworkOptions(Seven));
        network.Start();
        network.Run(2_000);

        Assert.True(network.Final.Count >= 90, $"{network.Final.Count} blocks in 2 s: one in two delays");
        Assert.Equal(3 * network.Options.Delay, network.FinalDelays.Max());
    }

    [Fact]
    public void Checkpoints_are_signed_by_a_quorum()
    {
        var network = new TestNetwork(1, new NetworkOptions(Four));
        network.Start();
        network.Run(1_000);

        var submitted = network.Validators[0].Submitted;
        Assert.True(submitted.Count >= 9, $"{submitted.Count} checkpoints");
        Assert.All(submitted, checkpoint => Assert.Equal(network.Final[checkpoint.Height], checkpoint.BlockHash));
    }

    private static TestNetwork Search(ulong seed, NetworkOptions options)
    {
        var network = new TestNetwork(seed, options) { IsStormy = true };
        network.Start();
        for (var round = 0; round < 20; round++)
        {
            network.Run(500);
            if (network.Luck.OneIn(2))
            {
                network.Validators[network.Luck.Below(network.Validators.Length)].Crash((ulong)network.Luck.Below(2_000));
            }
        }

        network.Settle();
        var goal = network.Final.Count + 10;
        for (var round = 0; round < 100 && network.Honest.Any(validator => validator.Chain.Count < goal); round++)
        {
            network.Run(300);
        }

        Assert.True(network.Honest.All(validator => validator.Chain.Count >= goal), $"seed {seed}: not {goal} blocks in 30 s of calm, view/final/blocks: {string.Join(' ', network.Honest.Select(static v => $"{v.State.View}/{v.State.FinalView}/{v.Chain.Count}"))}");
        Assert.All(network.Honest, validator => Assert.Empty(validator.Halts));
        Assert.All(network.Honest, validator => Assert.All(validator.Accusations, evidence => Assert.Contains(evidence.Signer, options.Byzantine)));
        if (options.Byzantine.Length > 0)
        {
            Assert.Contains(network.Honest, static validator => validator.Accusations.Count > 0);
        }

        return network;
    }
}
