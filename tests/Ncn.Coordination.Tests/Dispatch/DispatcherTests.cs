using Ncn.Coordination.Dispatch;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Dispatch;

/// <summary>Failures, second nodes and ejections, step by step in virtual time.</summary>
public sealed class DispatcherTests
{
    [Fact]
    public void A_node_that_fails_is_replaced_before_and_after_the_first_token()
    {
        var script = new DispatchScript().With(1).With(2).With(3);
        var first = DispatchScript.NodeOf(script.Arrive(1));
        var second = DispatchScript.NodeOf(script.Fail(1, 0));
        Assert.Equal(new DispatchOutput.Follow(1), Assert.Single(script.Output(1, 1)));
        var third = DispatchScript.NodeOf(script.Fail(1, 1));
        Assert.Equal(3, new[] { first, second, third }.Distinct().Count());
        Assert.Equal(new DispatchOutput.Follow(2), Assert.Single(script.Output(1, 2)));
        Assert.Empty(script.Finish(1, 2));
        Assert.Empty(script.State.Runs);
        Assert.All(script.State.Health.Values, health => Assert.Equal(0, health.InFlight));
    }

    [Fact]
    public void A_run_that_was_failed_waits_for_a_node_and_gives_up_in_the_end()
    {
        var script = new DispatchScript().With(1);
        script.Arrive(1);
        var begun = script.Now;
        var outputs = script.Fail(1);
        while (outputs is [DispatchOutput.Wake wake])
        {
            Assert.True(wake.At > script.Now);
            script.Now = wake.At;
            outputs = script.Tick(1);
        }

        Assert.Equal(GiveUpReason.Failed, DispatchScript.ReasonOf(outputs));
        Assert.Equal(begun + 20_000, script.Now);
    }

    [Fact]
    public void A_node_that_joined_anew_may_try_again()
    {
        var script = new DispatchScript().With(1);
        script.Arrive(1);
        script.Fail(1);
        script.With(1, sequence: 2);
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Tick(1)));
    }

    [Fact]
    public void A_busy_node_is_asked_again_in_half_a_second_and_not_blamed()
    {
        var script = new DispatchScript().With(1);
        script.Arrive(1);
        Assert.IsType<DispatchOutput.Wake>(Assert.Single(script.Fail(1, 0, DispatchFailure.Busy)));
        script.Now += 499;
        Assert.IsType<DispatchOutput.Wake>(Assert.Single(script.Tick(1)));
        script.Now += 1;
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Tick(1)));
        Assert.Equal(0u, script.State.HealthOf(Samples.Node(1)).Failures);
    }

    [Fact]
    public void A_node_that_showed_a_missed_total_is_asked_again_at_once()
    {
        var script = new DispatchScript().With(1).With(2);
        var pinned = DispatchScript.Query() with { Node = Samples.Node(1) };
        script.Arrive(1, pinned);
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Fail(1, 0, DispatchFailure.Unsettled)));
        Assert.Equal(GiveUpReason.Failed, DispatchScript.ReasonOf(script.Fail(1, 1)));
    }

    [Fact]
    public void A_run_that_is_bound_to_a_node_never_moves()
    {
        var script = new DispatchScript().With(1).With(2);
        var pinned = DispatchScript.Query() with { Node = Samples.Node(1) };
        script.Arrive(1, pinned);
        Assert.Equal(GiveUpReason.NoRoom, DispatchScript.ReasonOf(script.Fail(1, 0, DispatchFailure.Busy)));
    }

    [Fact]
    public void Four_nodes_may_fail_a_run()
    {
        var script = new DispatchScript();
        Enumerable.Range(1, 9).ToList().ForEach(node => script.With(node));
        script.Arrive(1);
        for (uint number = 0; number < 3; number++)
        {
            DispatchScript.NodeOf(script.Fail(1, number));
        }

        Assert.Equal(GiveUpReason.Failed, DispatchScript.ReasonOf(script.Fail(1, 3)));
    }

    [Fact]
    public void Nothing_begins_from_the_deadline_on()
    {
        var script = new DispatchScript().With(1).With(2);
        script.Arrive(1, DispatchScript.Query() with { Deadline = script.Now + 1000 });
        script.Now += 1000;
        Assert.Equal(GiveUpReason.Failed, DispatchScript.ReasonOf(script.Fail(1)));
        Assert.All(script.State.Health.Values, static health => Assert.Equal((0u, 0), (health.Failures, health.InFlight)));
    }

    [Fact]
    public void Ejections_double_and_are_forgotten_after_a_good_minute()
    {
        var script = new DispatchScript().With(1).With(2);
        ulong[] times = [.. Enumerable.Range(1, 4).Select(run => EjectionOf(script, (ulong)run))];
        Assert.Equal([5_000, 10_000, 20_000, 40_000], times);
        script.Now += 60_001;
        Assert.Equal(5_000ul, EjectionOf(script, 9));
    }

    [Fact]
    public void An_ejected_node_gets_nothing_until_its_time_is_over()
    {
        var script = new DispatchScript().With(1).With(2).With(3);
        EjectionOf(script, 1, wait: false);
        Assert.DoesNotContain(Samples.Node(1), Enumerable.Range(10, 8).Select(run => Chosen(script, (ulong)run)));
        script.Now += 5_000;
        Assert.Contains(Samples.Node(1), Enumerable.Range(30, 9).Select(run => DispatchScript.NodeOf(script.Arrive((ulong)run))));
    }

    [Fact]
    public void At_most_half_of_the_nodes_are_left_out()
    {
        var script = new DispatchScript().With(1).With(2).With(3).With(4);
        foreach (var node in (int[])[1, 2, 3])
        {
            script.Arrive((ulong)node, DispatchScript.Query() with { Node = Samples.Node(node) });
            script.Fail((ulong)node);
            script.Now += 100;
        }

        // 4 is well, and 1 comes back the soonest.
        Address[] chosen = [.. Enumerable.Range(10, 5).Select(run => DispatchScript.NodeOf(script.Arrive((ulong)run))).Distinct().Order()];
        Assert.Equal([Samples.Node(1), Samples.Node(4)], chosen);
    }

    [Fact]
    public void A_node_that_sends_what_it_did_not_sign_is_out_even_when_it_is_the_last()
    {
        var script = new DispatchScript().With(1);
        script.Arrive(1);
        script.Fail(1, 0, DispatchFailure.False);
        Assert.Equal(GiveUpReason.NoRoom, DispatchScript.ReasonOf(script.Arrive(2)));
        script.Now += 60_000;
        script.With(1);
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Arrive(3)));
    }

    [Fact]
    public void A_node_that_is_far_slower_than_the_rest_is_left_out()
    {
        var script = new DispatchScript().With(1, slots: 64).With(2, slots: 64).With(3, slots: 64);
        for (ulong run = 1; run <= 80; run++)
        {
            var node = run % 5 == 0 ? 1 : 2 + (int)(run % 2);
            script.Run(run, firstToken: node == 1 ? 2_000ul : 20, DispatchScript.Query() with { Node = Samples.Node(node) });
        }

        Assert.True(script.State.HealthOf(Samples.Node(1)).EjectedUntil > script.Now);
        Assert.Equal(0ul, script.State.HealthOf(Samples.Node(2)).EjectedUntil);
    }

    [Fact]
    public void A_late_first_token_brings_a_second_node_and_the_first_to_deliver_is_followed()
    {
        var script = Warm();
        var outputs = script.Arrive(1000);
        var primary = DispatchScript.NodeOf(outputs);
        var wake = Assert.IsType<DispatchOutput.Wake>(outputs[1]);
        script.Now = wake.At;
        var hedge = Assert.IsType<DispatchOutput.Start>(Assert.Single(script.Tick(1000)));
        Assert.True(hedge.IsHedge);
        Assert.NotEqual(primary, hedge.Node.Operator);
        Assert.Equal([new DispatchOutput.Follow(1), new DispatchOutput.Stop(0)], script.Output(1000, 1));
        Assert.Equal(0, script.State.HealthOf(primary).InFlight);
        Assert.Equal(0u, script.State.HealthOf(primary).Failures);
        Assert.Equal(new DispatchOutput.Stop(0), Assert.Single(script.Output(1000, 0)));
        Assert.Empty(script.Fail(1000, 0));
        script.Finish(1000, 1);
        Assert.Empty(script.State.Runs);
    }

    [Fact]
    public void When_one_of_two_fails_the_other_goes_on_alone()
    {
        var script = Warm();
        script.Now = ((DispatchOutput.Wake)script.Arrive(1000)[1]).At;
        script.Tick(1000);
        Assert.Empty(script.Fail(1000, 1));
        Assert.Equal(new DispatchOutput.Follow(0), Assert.Single(script.Output(1000, 0)));
    }

    [Theory]
    [InlineData(19, false)]
    [InlineData(20, true)]
    public void A_model_is_hedged_once_it_was_measured_often_enough(int runs, bool isHedged)
    {
        var script = new DispatchScript().With(1).With(2);
        Enumerable.Range(1, runs).ToList().ForEach(run => script.Run((ulong)run));
        Assert.Equal(isHedged, script.Arrive(1000).Count == 2);
    }

    [Fact]
    public void The_second_node_starts_after_the_95th_percentile()
    {
        var script = new DispatchScript().With(1, slots: 200);
        for (ulong run = 1; run <= 100; run++)
        {
            script.Run(run, firstToken: run <= 94 ? 60ul : 400);
        }

        // 400 lies in the bucket from 384 to 447.
        Assert.Equal(script.Now + 447, ((DispatchOutput.Wake)script.Arrive(1000)[1]).At);
    }

    [Fact]
    public void Runs_that_may_not_be_hedged_are_not()
    {
        var script = Warm();
        Assert.Single(script.Arrive(1000, DispatchScript.Query() with { Node = Samples.Node(1) }));
        Assert.Single(script.Arrive(1001, DispatchScript.Query() with { MayHedge = false }));
        Assert.Single(script.Arrive(1002, DispatchScript.Query() with { Preferences = RoutingPreferences.None with { AllowFallbacks = false } }));
    }

    [Fact]
    public void No_more_than_one_run_in_twenty_gets_a_second_node()
    {
        var script = Warm();
        var hedges = 0;
        var runs = 40;
        for (ulong run = 1000; run < 1400; run++, runs++)
        {
            var outputs = script.Arrive(run);
            script.Now += 10_000;
            hedges += outputs.Count == 2 ? script.Tick(run).Count : 0;
            script.Apply(new DispatchInput.Abandon(script.Now, run));
        }

        Assert.InRange(hedges, 15, runs / 20);
    }

    [Fact]
    public void A_node_that_left_is_forgotten_unless_it_is_out()
    {
        var script = new DispatchScript().With(1).With(2);
        script.Run(1, query: DispatchScript.Query() with { Node = Samples.Node(1) });
        EjectionOf(script, 2, node: 2, wait: false);
        script.Apply(new DispatchInput.Nodes(script.Now, []));
        Assert.Equal([Samples.Node(2)], script.State.Health.Keys);
    }

    private static DispatchScript Warm()
    {
        var script = new DispatchScript().With(1).With(2);
        for (ulong run = 1; run <= 40; run++)
        {
            script.Run(run);
        }

        return script;
    }

    private static ulong EjectionOf(DispatchScript script, ulong run, int node = 1, bool wait = true)
    {
        script.Arrive(run, DispatchScript.Query() with { Node = Samples.Node(node) });
        script.Fail(run);
        var until = script.State.HealthOf(Samples.Node(node)).EjectedUntil;
        var time = until - script.Now;
        script.Now = wait ? until : script.Now;
        return time;
    }

    private static Address Chosen(DispatchScript script, ulong run)
    {
        script.Draw = (run * 0x9E37_79B9) ^ (run << 33);
        var node = DispatchScript.NodeOf(script.Arrive(run));
        script.Apply(new DispatchInput.Abandon(script.Now, run));
        return node;
    }
}
