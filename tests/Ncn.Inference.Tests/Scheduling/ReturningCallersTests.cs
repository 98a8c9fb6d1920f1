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
    public void After_a_delay_in_which_some_came_no_more_than_those_are_waited_for_sixteen_times()
    {
        var table = new BatchSteps(OneLane);
        StartTogether(table, first: 1, at: 0, requests: 5);
        ComeBack(table, first: 6, at: 20, requests: 3, wake: 110);
        table.Step(Tick(110), "start 6 7 8").Step(Arrive(9, at: 111), "").Step(Arrive(10, at: 112), "");
        for (int pass = 1; pass <= 16; pass++) // two wait, three were answered, and the first of them completes the three
        {
            long now = 1000 * pass;
            long id = 10 * pass;
            table.Step(Finish(now, answered: 3), $"wake {now + 100}");
            table.Step(Arrive(id + 1, now + 1), $"start {id - 1} {id} {id + 1}");
            table.Step(Arrive(id + 9, now + 2), "").Step(Arrive(id + 10, now + 3), "");
        }

        table.Step(Finish(20_000, answered: 3), "wake 20100");
        table.Step(Arrive(171, at: 20_001), "wake 20100").Step(Arrive(172, at: 20_002), "wake 20100");
        table.Step(Arrive(173, at: 20_003), "start 169 170 171 172 173");
    }

    [Fact]
    public void When_even_fewer_come_it_is_half_as_many_the_next_time()
    {
        var table = new BatchSteps(OneLane);
        StartTogether(table, first: 1, at: 0, requests: 7);
        ComeBack(table, first: 8, at: 20, requests: 6, wake: 110);
        table.Step(Tick(110), "start 8 9 10 11 12 13").Step(Finish(120, answered: 6), "");
        ComeBack(table, first: 14, at: 130, requests: 5, wake: 220);
        table.Step(Tick(220), "start 14 15 16 17 18").Step(Finish(230, answered: 5), "");
        ComeBack(table, first: 19, at: 240, requests: 2, wake: 330);
        table.Step(Arrive(21, at: 250), "start 19 20 21");
    }

    [Fact]
    public void A_few_callers_that_are_slow_do_not_part_the_others()
    {
        var random = new Random(8);
        var loop = new ClosedLoop(TwoLanes with { Shares = 2, LeastShare = 24 }, rows => 300 + (30 * rows), () => random.Next(8) == 0 ? 5000 : random.Next(1, 200));
        for (int caller = 0; caller < Callers; caller++)
        {
            loop.Call(caller, random.NextInt64(2000));
        }

        loop.Until(100_000).Forget();
        loop.Until(1_000_000);
        Assert.InRange(loop.Runs.Average(), 20, 32);
        Assert.InRange(loop.Runs.Count(rows => rows == 1), 0, loop.Runs.Count / 50);
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

    [Theory]
    [InlineData(8, 7, 9, "start 2, start 3")]
    [InlineData(8, 7, 8, "start 2 3")]
    [InlineData(24, 23, 25, "start 2, start 3")]
    [InlineData(24, 23, 24, "start 2 3")]
    public void A_group_is_shared_out_in_parts_that_are_large_enough(int leastShare, int first, int second, string expected) =>
        new BatchSteps(TwoLanes with { Shares = 2, LeastShare = leastShare })
            .Step(Arrive(1, at: 0), "start 1")
            .Step(Arrive(2, at: 1, rows: first), "wake 1001")
            .Step(Finish(10, answered: 1), "wake 1010")
            .Step(Arrive(3, at: 20, rows: second), expected);

    [Fact]
    public void Those_that_are_all_back_do_not_wait_for_the_run_beside_them() => new BatchSteps(TwoLanes with { Shares = 2, LeastShare = 24 })
        .Step(Arrive(1, at: 0, rows: 64), "start 1")
        .Step(Arrive(2, at: 1, rows: 64), "start 2")
        .Step(Finish(10, answered: 3), "")
        .Step(Arrive(3, at: 11, rows: 20), "wake 1011")
        .Step(Arrive(4, at: 12, rows: 20), "wake 1011")
        .Step(Arrive(5, at: 13), "start 3 4 5")
        .Step(Finish(20, answered: 2), "")
        .Step(Arrive(6, at: 21, rows: 20), "wake 1021")
        .Step(Arrive(7, at: 22, rows: 3), "wake 1021")
        .Step(Finish(30, answered: 0), "start 6 7");

    [Fact]
    public void A_run_that_is_held_up_holds_up_its_own_callers_only()
    {
        var random = new Random(9);
        ClosedLoop loop = Split(TwoLanes with { Shares = 2, LeastShare = 24 }, rows => (30 * rows) + (random.Next(8) == 0 ? 4000 : 0), seed: 9, spread: 3600).Until(1_000_000);
        Assert.True(loop.Runs.Sum() > 38_000, $"{loop.Runs.Sum()} rows in a second; 36,279 when both runs began together every time");
        Assert.InRange(loop.Runs.Count(rows => rows < 24), 0, loop.Runs.Count / 20);
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

    /// <summary>One request starts, the others gather, and the end of both runs is at 10.</summary>
    private static void StartTogether(BatchSteps table, long first, long at, int requests)
    {
        table.Step(Arrive(first, at), $"start {first}");
        for (int i = 1; i < requests; i++)
        {
            table.Step(Arrive(first + i, at + i), "");
        }

        table.Step(Finish(at + 8, answered: 0), $"start {string.Join(' ', Enumerable.Range((int)first + 1, requests - 1))}").Step(Finish(at + 10, answered: requests), "");
    }

    /// <summary>Requests that are held.</summary>
    private static void ComeBack(BatchSteps table, long first, long at, int requests, long wake)
    {
        for (int i = 0; i < requests; i++)
        {
            table.Step(Arrive(first + i, at + i), $"wake {wake}");
        }
    }

    /// <summary>Callers whose first requests are spread over the length of a run, and who are back within 200 µs.</summary>
    private static ClosedLoop Split(BatchRules rules, int seed, long runLength) =>
        Split(rules, rows => (runLength / 2) + (runLength * rows / (2 * Callers)), seed, spread: 2 * runLength);

    private static ClosedLoop Split(BatchRules rules, Func<int, long> length, int seed, long spread)
    {
        var random = new Random(seed);
        var loop = new ClosedLoop(rules, length, () => random.Next(1, 200));
        for (int caller = 0; caller < Callers; caller++)
        {
            loop.Call(caller, random.NextInt64(spread));
        }

        return loop;
    }
}
