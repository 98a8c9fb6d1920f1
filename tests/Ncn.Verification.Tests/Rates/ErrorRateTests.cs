using Ncn.Verification.Rates;

namespace Ncn.Verification.Tests.Rates;

/// <summary>The figures of the README with fewer epochs (`./ncn rates` has all).</summary>
public sealed class ErrorRateTests
{
    private const ulong Seed = 5;

    [Fact]
    public void An_honest_node_is_accused_in_at_most_one_of_10_000_epochs()
    {
        var simulation = new EpochSimulation(Seed);
        foreach (var chance in MeasuredNoise.ReadAll(Path.Combine(AppContext.BaseDirectory, "measured")).Select(static noise => noise.Chance).Append(1e-5))
        {
            Assert.True(simulation.Honest(200_000, chance).Most <= 1e-4, $"an answer that fails with {chance} accuses too often");
        }
    }

    [Fact]
    public void A_cheat_of_5_percent_is_accused_within_200_checks_in_999_of_1_000_epochs()
    {
        var simulation = new EpochSimulation(Seed);
        Assert.True(simulation.Cheating(100_000, 0.05, 1).Least >= 0.999);
        Assert.True(simulation.Cheating(100_000, 1, 0.05).Least >= 0.999);
        Assert.True(simulation.Cheating(100_000, 0.01, 1).Most < 0.9);
    }

    [Fact]
    public void The_simulation_can_accuse_the_honest()
    {
        var accused = new EpochSimulation(Seed).Honest(20_000, 1e-3);
        Assert.InRange(accused.Share, 0.01, 0.06);
    }

    [Theory]
    [InlineData(0, 100, 0, 0.03622)]
    [InlineData(5, 100, 0.01643, 0.11284)]
    [InlineData(100, 100, 0.96378, 1)]
    [InlineData(999, 1000, 0.99444, 0.99997)]
    public void Intervals_are_those_of_the_tables(long hits, long trials, double least, double most)
    {
        var interval = new Interval(hits, trials);
        Assert.Equal(least, interval.Least, 4);
        Assert.Equal(most, interval.Most, 4);
    }

    [Fact]
    public void The_chance_of_a_failure_follows_from_what_was_measured()
    {
        const string run = """{"model":"a","pair":"CPU-CPU","runs":[{"answers":1000,"tokens":32000,"drawnOtherwise":OTHERWISE,"distances":{"0":20000,"64":8000,"128":2000,"256":500,"512":TAIL},"margins":{"0":32000}}],"falseFailures":{"answers":1000,"failed":0}}""";
        MeasuredNoise Of(string otherwise, string tail) => MeasuredNoise.Read(run.Replace("OTHERWISE", otherwise, StringComparison.Ordinal).Replace("TAIL", tail, StringComparison.Ordinal));

        Assert.Equal((1_000, 0), (Of("0", "100").Answers, Of("0", "100").Failed));
        Assert.InRange(Of("0", "100").Chance, 0, 1e-6);
        Assert.True(Of("0", "20000").Chance > Of("0", "100").Chance);
        Assert.True(Of("300", "100").Chance > Of("0", "100").Chance);
    }
}
