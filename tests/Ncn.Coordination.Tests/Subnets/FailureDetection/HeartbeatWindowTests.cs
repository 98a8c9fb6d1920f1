using Ncn.Coordination.Subnets.FailureDetection;

namespace Ncn.Coordination.Tests.Subnets.FailureDetection;

/// <summary>The detector's numbers, beside those of tables of the normal distribution.</summary>
public class HeartbeatWindowTests
{
    private const ulong T0 = Samples.Start;
    private static readonly DetectionRules Rules = new();

    // P(Z > z) from tables: 0.5, 0.158655254, 0.022750132, 0.001349898, 3.167124e-5, 2.866516e-7, 9.865876e-10, 6.220961e-16, 2.753624e-89.
    [Theory]
    [InlineData(1_000UL, 0.301030)]
    [InlineData(1_250UL, 0.799545)]
    [InlineData(1_500UL, 1.643016)]
    [InlineData(1_750UL, 2.869699)]
    [InlineData(2_000UL, 4.499335)]
    [InlineData(2_250UL, 6.542646)]
    [InlineData(2_500UL, 9.005864)]
    [InlineData(3_000UL, 15.206143)]
    [InlineData(6_000UL, 88.560096)]
    [InlineData(750UL, 0.075021)]
    [InlineData(0UL, 0.0000138)]
    public void Phi_is_what_the_tables_say(ulong silence, double expected)
    {
        var steady = Regular(1_000, 64);

        Assert.Equal((1_000.0, 250.0), (steady.Mean, steady.Deviation(Rules)));
        Assert.Equal(expected, steady.Phi(silence, Rules), 0.00001);
    }

    [Fact]
    public void Phi_rises_with_silence_and_is_never_infinite()
    {
        var steady = Regular(500, 64);
        var last = -1.0;
        for (var silence = 0UL; silence < 100_000; silence += 37)
        {
            var phi = steady.Phi(silence, Rules);
            Assert.True(phi >= last && double.IsFinite(phi), $"phi of {silence} ms is {phi} after {last}");
            last = phi;
        }
    }

    [Theory]
    [InlineData(5, 4.264891)]
    [InlineData(12, 7.034484)]
    [InlineData(8, 5.612001)]
    public void A_level_is_reached_at_its_quantile(double phi, double deviations)
    {
        var level = new SuspicionLevel(phi);

        Assert.Equal(deviations, level.Deviations, 0.00001);
        var silence = Regular(1_000, 64).SilenceOf(level, Rules);
        Assert.Equal((ulong)Math.Ceiling(1_000 + (deviations * 250)), silence);
        Assert.True(Regular(1_000, 64).Phi(silence, Rules) >= phi && Regular(1_000, 64).Phi(silence - 1, Rules) < phi);
    }

    [Fact]
    public void The_window_slides_and_its_sums_are_those_of_its_intervals()
    {
        var random = new SeededRandom(7);
        var (window, now) = (HeartbeatWindow.Begin(T0, Rules), T0);
        for (var i = 0; i < 500; i++)
        {
            now += (ulong)(300 + random.Below(2_000));
            window = window.Arrive(now, Rules);
        }

        Assert.Equal(Rules.Window, window.Intervals.Length);
        Assert.Equal(window.Intervals.Aggregate(0UL, static (sum, next) => sum + next), window.Sum);
        Assert.Equal(window.Intervals.Aggregate(0UL, static (sum, next) => sum + ((ulong)next * next)), window.SumOfSquares);
    }

    [Fact]
    public void A_member_that_never_beat_is_given_the_expected_rhythm()
    {
        var first = HeartbeatWindow.Begin(T0, Rules);

        Assert.Equal((1_000.0, 250.0), (first.Mean, first.Deviation(Rules)));
    }

    [Fact]
    public void The_same_beat_by_two_gateways_is_one_and_an_outage_is_no_rhythm()
    {
        var once = Regular(1_000, 40);
        var twice = Enumerable.Range(1, 40).Aggregate(once, (window, beat) =>
            window.Arrive(once.LastAt + ((ulong)beat * 1_000), Rules).Arrive(once.LastAt + ((ulong)beat * 1_000) + 15, Rules));
        var after = once.Arrive(once.LastAt + 60_000, Rules);

        Assert.Equal((1_000.0, 250.0), (twice.Mean, twice.Deviation(Rules)));
        Assert.Equal((once.Sum, once.LastAt + 60_000), (after.Sum, after.LastAt));
    }

    [Fact]
    public void An_irregular_member_is_given_more_time()
    {
        var (window, now) = (HeartbeatWindow.Begin(T0, Rules), T0);
        for (var beat = 0; beat < 64; beat++)
        {
            now += beat % 2 == 0 ? 500UL : 1_500UL;
            window = window.Arrive(now, Rules);
        }

        Assert.Equal((1_000.0, 500.0), (window.Mean, window.Deviation(Rules)));
        Assert.Equal((ulong)Math.Ceiling(1_000 + (7.034484 * 500)), window.SilenceOf(Rules.Eject, Rules));
    }

    private static HeartbeatWindow Regular(ulong interval, int beats) => Enumerable.Range(1, beats)
        .Aggregate(HeartbeatWindow.Begin(T0, Rules), (window, beat) => window.Arrive(T0 + ((ulong)beat * interval), Rules));
}
