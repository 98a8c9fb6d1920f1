using Ncn.Coordination.Dispatch;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Dispatch;

/// <summary>Who is chosen, and why.</summary>
public sealed class NodeRankingTests
{
    [Fact]
    public void A_run_without_a_node_that_may_run_it_hears_so_at_once()
    {
        var script = new DispatchScript().With(1, free: 0).With(2, offer: DispatchScript.Offer("other"));
        Assert.Equal(GiveUpReason.NoRoom, DispatchScript.ReasonOf(script.Arrive(1)));
        Assert.Empty(script.State.Runs);
    }

    [Fact]
    public void The_own_count_of_what_runs_counts_as_well_as_the_nodes()
    {
        var script = new DispatchScript().With(1, slots: 2, free: 1);
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Arrive(1)));
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Arrive(2)));
        Assert.Equal(GiveUpReason.NoRoom, DispatchScript.ReasonOf(script.Arrive(3)));
        script.Finish(1);
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Arrive(4)));
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(9, 2)]
    public void A_node_above_the_price_ceiling_is_not_there(uint ceiling, int expected)
    {
        var script = new DispatchScript().With(1, offer: DispatchScript.Offer(perToken: 5)).With(2, offer: DispatchScript.Offer(perToken: 1));
        var query = DispatchScript.Query() with { PromptTokens = 1, CompletionTokens = 1, MaxNodePrice = new TokenAmount(ceiling) };
        script.Draw = 0; // Two different nodes are drawn whatever it is; the busier one loses.
        script.Arrive(100, DispatchScript.Query() with { Node = Samples.Node(2) });
        Assert.Equal(Samples.Node(expected), DispatchScript.NodeOf(script.Arrive(1, query)));
    }

    [Fact]
    public void A_model_whose_context_cannot_hold_the_answer_is_passed_over()
    {
        var script = new DispatchScript().With(1, offer: DispatchScript.Offer("m")).With(2, offer: DispatchScript.Offer("long") with { ContextTokens = 4096 });
        Assert.Equal(Samples.Node(2), DispatchScript.NodeOf(script.Arrive(1, DispatchScript.Query("m", "long") with { CompletionTokens = 512 })));
    }

    [Fact]
    public void Of_two_the_less_loaded_is_taken()
    {
        var script = new DispatchScript().With(1).With(2);
        script.Arrive(1, DispatchScript.Query() with { Node = Samples.Node(1) });
        foreach (var draw in (ulong[])[0, ulong.MaxValue, 0x1_0000_0000])
        {
            script.Draw = draw;
            Assert.Equal(Samples.Node(2), DispatchScript.NodeOf(script.Arrive(2)));
            script.Apply(new DispatchInput.Abandon(script.Now, 2));
        }
    }

    [Fact]
    public void Of_two_the_faster_is_taken_until_it_is_loaded()
    {
        var script = new DispatchScript().With(1).With(2);
        script.Run(1, firstToken: 100, DispatchScript.Query() with { Node = Samples.Node(1) });
        script.Run(2, firstToken: 300, DispatchScript.Query() with { Node = Samples.Node(2) });
        Address[] chosen = [.. Enumerable.Range(10, 4).Select(run => DispatchScript.NodeOf(script.Arrive((ulong)run)))];
        Assert.Equal([Samples.Node(1), Samples.Node(1), Samples.Node(2), Samples.Node(1)], chosen);
    }

    [Fact]
    public void What_waits_in_a_node_counts_against_it()
    {
        var script = new DispatchScript().With(1, queued: 3).With(2);
        Assert.Equal(Samples.Node(2), DispatchScript.NodeOf(script.Arrive(1)));
    }

    [Theory]
    [InlineData(RoutingSort.Price, 1)]
    [InlineData(RoutingSort.Latency, 2)]
    [InlineData(RoutingSort.Throughput, 3)]
    public void A_sort_takes_the_best_of_all(RoutingSort sort, int expected)
    {
        var script = new DispatchScript().With(1, offer: DispatchScript.Offer(perToken: 1)).With(2, offer: DispatchScript.Offer(perToken: 2)).With(3, offer: DispatchScript.Offer(perToken: 3));
        Measure(script, 1, 1, first: 300, generation: 900);
        Measure(script, 2, 2, first: 100, generation: 600);
        Measure(script, 3, 3, first: 200, generation: 300);
        var query = DispatchScript.Query() with { Preferences = RoutingPreferences.None with { Sort = sort } };
        Assert.Equal(Samples.Node(expected), DispatchScript.NodeOf(script.Arrive(9, query)));
    }

    [Fact]
    public void An_order_is_kept_and_others_follow_it_when_they_may()
    {
        var script = new DispatchScript().With(1).With(2).With(3);
        var ordered = RoutingPreferences.None with { Order = [Samples.Node(3), Samples.Node(2)] };
        Assert.Equal(Samples.Node(3), DispatchScript.NodeOf(script.Arrive(1, DispatchScript.Query() with { Preferences = ordered })));
        Assert.Equal(Samples.Node(2), DispatchScript.NodeOf(script.Fail(1, 0)));
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Fail(1, 1)));

        var strict = DispatchScript.Query() with { Preferences = ordered with { AllowFallbacks = false, Ignore = [Samples.Node(3)] } };
        script.Now += 400_000;
        Assert.Equal(Samples.Node(2), DispatchScript.NodeOf(script.Arrive(2, strict)));
        Assert.IsType<DispatchOutput.Wake>(Assert.Single(script.Fail(2, 0)));
    }

    [Fact]
    public void Without_fallbacks_and_order_the_first_failure_is_the_last()
    {
        var script = new DispatchScript().With(1).With(2);
        var query = DispatchScript.Query() with { Preferences = RoutingPreferences.None with { AllowFallbacks = false } };
        script.Arrive(1, query);
        Assert.Equal(GiveUpReason.Failed, DispatchScript.ReasonOf(script.Fail(1)));
    }

    [Fact]
    public void Another_model_is_taken_when_nobody_can_run_the_first()
    {
        var script = new DispatchScript().With(1, offer: DispatchScript.Offer("big")).With(2, offer: DispatchScript.Offer("small"));
        var query = DispatchScript.Query("huge", "big", "small");
        Assert.Equal(Samples.Node(1), DispatchScript.NodeOf(script.Arrive(1, query)));
        Assert.Equal(Samples.Node(2), DispatchScript.NodeOf(script.Fail(1)));
    }

    [Fact]
    public void Once_there_is_output_only_the_same_version_of_the_same_model_goes_on()
    {
        var other = DispatchScript.Offer() with { Version = "2" };
        var script = new DispatchScript().With(1).With(2, offer: other).With(3, offer: DispatchScript.Offer("small"));
        var query = DispatchScript.Query("m", "small");
        script.Arrive(1, query with { Preferences = RoutingPreferences.None with { Order = [Samples.Node(1)] } });
        script.Output(1);
        Assert.IsType<DispatchOutput.Wake>(Assert.Single(script.Fail(1)));
        script.With(4);
        script.Now += 200;
        Assert.Equal(Samples.Node(4), DispatchScript.NodeOf(script.Tick(1)));
    }

    [Fact]
    public void A_node_that_has_seen_the_prompts_beginning_gets_it_again()
    {
        var script = new DispatchScript();
        Enumerable.Range(1, 8).ToList().ForEach(node => script.With(node, slots: 8));
        var warm = script.Run(1, query: Prompt(0xA, 0xB));
        script.Draw = 12345;
        Assert.Equal(warm, script.Run(2, query: Prompt(0xC, 0xB)));
        Assert.Equal(warm, script.Run(3, query: Prompt(0xC)));
    }

    [Fact]
    public void A_warm_node_gives_way_under_load()
    {
        var script = new DispatchScript().With(1, slots: 4).With(2, slots: 4);
        var warm = script.Run(1, query: Prompt(0xA));
        Address[] chosen = [.. Enumerable.Range(2, 6).Select(run => DispatchScript.NodeOf(script.Arrive((ulong)run, Prompt(0xA))))];
        Assert.Equal(warm, chosen[0]);
        Assert.Equal(warm, chosen[1]);
        Assert.Contains(chosen, node => node != warm);
    }

    [Fact]
    public void What_is_remembered_of_prompts_is_bounded()
    {
        var script = new DispatchScript(new DispatchRules { AffinityCapacity = 64 }).With(1);
        for (ulong run = 1; run <= 1000; run++)
        {
            script.Run(run, query: Prompt(run * 3, run * 3 + 1));
        }

        Assert.InRange(script.State.Affinity.Count, 32, 64);
    }

    private static DispatchQuery Prompt(params ulong[] prefixes) => DispatchScript.Query() with { Prefixes = [.. prefixes] };

    private static void Measure(DispatchScript script, ulong run, int node, ulong first, ulong generation)
    {
        script.Arrive(run, DispatchScript.Query() with { Node = Samples.Node(node) });
        script.Now += first;
        script.Output(run);
        script.Finish(run, tokens: 10, generation: generation);
    }
}
