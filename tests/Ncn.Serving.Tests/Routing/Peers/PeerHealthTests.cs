using Ncn.Serving.Routing.Peers;

namespace Ncn.Serving.Tests.Routing.Peers;

/// <summary>Which of several peers is the best, step by step.</summary>
public sealed class PeerHealthTests
{
    [Fact]
    public void One_miss_leaves_it_out_two_break_off_what_waits_and_an_answer_brings_it_back()
    {
        var missed = PeerHealth.Unknown.Answered(1_000).Missed();
        Assert.Equal((false, false), (missed.IsUp, missed.IsDown));
        Assert.Equal((false, true), (missed.Missed().IsUp, missed.Missed().IsDown));
        Assert.Equal((true, false), (missed.Missed().Answered(1_000).IsUp, missed.Missed().Answered(1_000).IsDown));
    }

    [Theory]
    [InlineData(1, 250)]
    [InlineData(2, 500)]
    [InlineData(3, 1_000)]
    [InlineData(4, 2_000)]
    [InlineData(50, 2_000)]
    public void Probes_of_a_missing_peer_grow_seldom_and_never_stop(int misses, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Many(PeerHealth.Unknown, misses, static health => health.Missed()).Backoff);

    [Fact]
    public void Latency_failures_and_work_in_flight_make_a_peer_worse()
    {
        var near = PeerHealth.Unknown.Answered(5_000);
        Assert.True(near.Rank(0) < PeerHealth.Unknown.Answered(50_000).Rank(0));
        Assert.True(near.Rank(0) < near.Refused().Rank(0));
        Assert.True(near.Rank(0) < near.Rank(1));
        Assert.Equal(PeerHealth.Unknown.Answered(100).Rank(0), PeerHealth.Unknown.Answered(1_900).Rank(0));
    }

    [Fact]
    public void Refusals_without_end_stay_a_rank_and_successes_make_them_good()
    {
        var refused = Many(PeerHealth.Unknown, 1_000, static health => health.Refused());
        Assert.InRange(refused.SuccessPerMille, 1, 10);
        Assert.Equal(1_000, Many(refused, 200, static health => health.Took()).SuccessPerMille);
        Assert.True(Many(PeerHealth.Unknown, 2_000, static health => health.Missed()).Rank(1_000) > 0);
    }

    private static PeerHealth Many(PeerHealth health, int times, Func<PeerHealth, PeerHealth> step) =>
        Enumerable.Range(0, times).Aggregate(health, (current, _) => step(current));
}
