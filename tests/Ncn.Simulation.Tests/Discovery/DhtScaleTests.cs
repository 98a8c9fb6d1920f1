using Ncn.Simulation.Discovery;

namespace Ncn.Simulation.Tests.Discovery;

/// <summary>The promises of discovery at a size that a test run can afford; `./ncn bench dht` holds them at 10,000 peers.</summary>
public sealed class DhtScaleTests
{
    private const int Peers = 150;

    [Theory]
    [InlineData(0, 0, 0.999)]
    [InlineData(30, 0, 0.99)]
    [InlineData(0, 25, 0.95)]
    public void Adverts_are_found_under_churn_and_among_liars(int churnPercent, int hostilePercent, double least)
    {
        var report = DhtRun.Run(Scenario(churnPercent, hostilePercent, seed: 7));
        Assert.True(report.FoundShare >= least, report.ToString());
        Assert.True(report.MeanRounds <= report.RoundsAllowed, report.ToString());
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var scenario = Scenario(30, 10, seed: 9) with { Peers = 60 };
        Assert.Equal(DhtRun.Run(scenario), DhtRun.Run(scenario));
    }

    private static DhtScenario Scenario(int churnPercent, int hostilePercent, ulong seed) =>
        new(Peers, churnPercent, hostilePercent, seed) { Lookups = 150, Adverts = 40, ChurnMilliseconds = 10UL * 60 * 1000 };
}
