using Ncn.Inference.Scheduling;
using static Ncn.Inference.Tests.Scheduling.BatchSteps;

namespace Ncn.Inference.Tests.Scheduling;

/// <summary>Callers that come back when they are answered are run together again, and those that do not come back hold up nobody for long.</summary>
public sealed class ReturningCallersTests
{
    private const int Callers = 64;
    private static readonly BatchRules OneLane = new(Lanes: 1, MaxRows: 8, MaxDelay: 100, MaxQueued: 16);
    private static readonly BatchRules TwoLanes = new(Lanes: 2, MaxRows: Callers, MaxDelay: 1000, MaxQueued: 1024);

    [Fact]
    public void The_arrival_that_completes_the_number_starts_the_run() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "")
        .Step(Arrive(3, at: 2), "")
        .Step(Finish(10, answered: 1), "wake 110")
        .Step(Arrive(4, at: 20), "start 2 3 4")
        .Step(Finish(30, answered: 3), "")
        .Step(Arrive(5, at: 31), "wake 130")
        .Step(Arrive(6, at: 32), "wake 130")
        .Step(Arrive(7, at: 33), "start 5 6 7");

    [Fact]
    public void A_caller_without_any_other_is_not_waited_for() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Finish(10, answered: 1), "")
        .Step(Arrive(2, at: 11), "start 2");

    [Fact]
    public void A_full_run_starts_before_everybody_is_back() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1, rows: 4), "")
        .Step(Finish(10, answered: 5), "wake 110")
        .Step(Arrive(3, at: 11, rows: 4), "start 2 3");

    [Fact]
    public void Whoever_can_have_no_company_starts_at_once() => new BatchSteps(TwoLanes)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "wake 1001")
        .Step(Finish(10, answered: 2), "wake 1010")
        .Step(Arrive(3, at: 11, group: BatchItem.Alone), "start 3, wake 1001");

    [Fact]
    public void Who_is_held_is_held_for_the_longest_delay_and_then_others_pass_sixteen_times()
    {
        var table = new BatchSteps(OneLane);
        table.Step(Arrive(1, at: 0), "start 1").Step(Arrive(2, at: 1), "").Step(Finish(10, answered: 1), "wake 110");
        table.Step(Tick(109), "wake 110").Step(Tick(110), "start 2").Step(Finish(120, answered: 1), "");
        for (int pass = 1; pass <= 17; pass++)
        {
            long now = 1000 * pass;
            table.Step(Arrive((10 * pass) + 1, now), $"start {(10 * pass) + 1}").Step(Arrive((10 * pass) + 2, now), "");
            table.Step(Finish(now + 10, answered: 1), pass <= 16 ? $"start {(10 * pass) + 2}" : $"wake {now + 110}");
            table.Step(pass <= 16 ? Finish(now + 20, answered: 1) : Tick(now + 110), pass <= 16 ? "" : $"start {(10 * pass) + 2}");
        }
    }

    [Fact]
    public void Nobody_learns_from_callers_that_stayed_away_when_nobody_was_held() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "")
        .Step(Arrive(3, at: 2), "")
        .Step(Finish(10, answered: 0), "start 2 3")
        .Step(Finish(20, answered: 2), "")
        .Step(Arrive(4, at: 5000), "start 4")
        .Step(Arrive(5, at: 5001), "")
        .Step(Finish(5010, answered: 1), "wake 5110");

    [Fact]
    public void Callers_of_the_run_that_ended_just_before_the_last_one_are_expected_too() => new BatchSteps(TwoLanes)
        .Step(Arrive(1, at: 0, rows: 64), "start 1")
        .Step(Arrive(2, at: 1, rows: 64), "start 2")
        .Step(Finish(10, answered: 1), "")
        .Step(Finish(20, answered: 1), "")
        .Step(Arrive(3, at: 30), "wake 1020")
        .Step(Arrive(4, at: 40), "start 3 4");

    [Fact]
    public void A_group_that_starts_while_nothing_runs_is_shared_out_in_parts_of_eight_rows_or_more()
    {
        BatchRules shared = TwoLanes with { Shares = 2 };
        new BatchSteps(shared).Step(Arrive(1, at: 0), "start 1").Step(Arrive(2, at: 1, rows: 9), "wake 1001").Step(Arrive(3, at: 2, rows: 8), "wake 1001").Step(Finish(10), "start 2, start 3");
        new BatchSteps(shared).Step(Arrive(1, at: 0), "start 1").Step(Arrive(2, at: 1, rows: 8), "wake 1001").Step(Arrive(3, at: 2, rows: 7), "wake 1001").Step(Finish(10), "start 2 3");
    }

    [Theory]
    [InlineData(1, 300)]
    [InlineData(2, 300)]
    [InlineData(3, 900)]
    [InlineData(4, 900)]
    [InlineData(5, 1800)]
    [InlineData(6, 1800)]
    public void From_any_split_callers_come_to_share_one_run(int seed, long runLength)
    {
        ClosedLoop loop = Split(TwoLanes, seed, runLength).Until(100_000);
        loop.Forget();
        loop.Until(200_000);
        Assert.All(loop.Runs, rows => Assert.Equal(Callers, rows));
        Assert.True(loop.LongestWait <= 200, $"somebody waited {loop.LongestWait} µs for callers that were back after 200");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Where_runs_have_cores_of_their_own_they_come_to_share_two(int seed)
    {
        ClosedLoop loop = Split(TwoLanes with { Shares = 2 }, seed, runLength: 900).Until(100_000);
        loop.Forget();
        loop.Until(200_000);
        Assert.All(loop.Runs, rows => Assert.Equal(Callers / 2, rows));
    }

    [Fact]
    public void A_caller_that_leaves_costs_the_others_one_delay()
    {
        ClosedLoop loop = Split(TwoLanes, seed: 7, runLength: 300).Until(100_000);
        loop.Leave(caller: 5);
        loop.Forget();
        loop.Until(200_000);
        Assert.InRange(loop.LongestWait, 800, 1000);
        loop.Forget();
        loop.Until(300_000);
        Assert.All(loop.Runs, rows => Assert.Equal(Callers - 1, rows));
        Assert.True(loop.LongestWait <= 200);
    }

    [Fact]
    public void Pairs_that_never_come_back_are_held_less_and_less_often()
    {
        var loop = new ClosedLoop(OneLane, _ => 10, () => long.MaxValue / 2);
        var held = new List<int>();
        for (int pair = 0; pair < 1000; pair++)
        {
            loop.Forget();
            loop.Call(1, loop.Now);
            loop.Call(2, loop.Now);
            loop.Until(loop.Now + 1000);
            if (loop.LongestWait > 10)
            {
                held.Add(pair);
            }
        }

        Assert.Equal([0, 17, 50, 115, 244, 501, 758], held);
    }

    /// <summary>Callers whose first requests are spread over the length of a run, and who are back within 200 µs.</summary>
    private static ClosedLoop Split(BatchRules rules, int seed, long runLength)
    {
        var random = new Random(seed);
        var loop = new ClosedLoop(rules, rows => (runLength / 2) + (runLength * rows / (2 * Callers)), () => random.Next(1, 200));
        for (int caller = 0; caller < Callers; caller++)
        {
            loop.Call(caller, random.NextInt64(2 * runLength));
        }

        return loop;
    }
}
