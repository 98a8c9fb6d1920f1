using Ncn.Coordination.Dispatch;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Dispatch;

/// <summary>A node that says that it has room and has none loses trust; and what the subnet says of a node's life counts.</summary>
public sealed class CandourTests
{
    private static readonly Address One = Samples.Node(1);

    [Fact]
    public void A_node_that_refuses_with_free_slots_by_its_own_word_loses_trust_and_work()
    {
        var script = new DispatchScript().With(1).With(2);
        for (var run = 1UL; run <= 12; run++)
        {
            Refuse(script, run);
        }

        Assert.InRange(script.State.HealthOf(One).Candour, 150u, 250u);
        Assert.Equal(CapacityScore.Full, script.State.HealthOf(Samples.Node(2)).Candour);
        script.Arrive(100, DispatchScript.Query() with { Node = Samples.Node(2) });
        foreach (var draw in (ulong[])[0, ulong.MaxValue, 0x1_0000_0000])
        {
            script.Draw = draw;
            Assert.Equal(Samples.Node(2), DispatchScript.NodeOf(script.Arrive(50)));
            script.Apply(new DispatchInput.Abandon(script.Now, 50));
        }
    }

    [Fact]
    public void A_refusal_that_its_own_word_explains_costs_nothing()
    {
        var script = new DispatchScript().With(1, free: 1);
        script.Arrive(1);
        script.Arrive(2);

        script.Fail(2, failure: DispatchFailure.Busy);

        Assert.Equal(CapacityScore.Full, script.State.HealthOf(One).Candour);
    }

    [Fact]
    public void Trust_comes_back_slowly_with_work_that_is_done_and_never_in_one_step()
    {
        var script = new DispatchScript().With(1);
        for (var run = 1UL; run <= 20; run++)
        {
            Refuse(script, run);
        }

        var low = script.State.HealthOf(One).Candour;
        var last = low;
        for (var run = 100UL; run < 400; run++)
        {
            script.Now += 1_000;
            script.Run(run);
            var now = script.State.HealthOf(One).Candour;
            Assert.InRange(now - last, last == CapacityScore.Full ? 0u : 1u, 16u);
            last = now;
        }

        Assert.InRange(low, 50u, 120u);
        Assert.Equal(CapacityScore.Full, last);
    }

    [Fact]
    public void Work_that_waits_twice_the_promised_time_on_an_idle_node_costs_trust()
    {
        var promising = DispatchScript.Offer() with { Service = new ServiceLevel(100, 0) };
        var script = new DispatchScript().With(1, offer: promising);

        script.Run(1, firstToken: 2 * 100 + 250);
        Assert.Equal(CapacityScore.Full, script.State.HealthOf(One).Candour);
        script.Run(2, firstToken: 2 * 100 + 251);
        Assert.InRange(script.State.HealthOf(One).Candour, 930u, 945u);
        script.With(1, offer: promising, queued: 3).Run(3, firstToken: 1_000);
        Assert.InRange(script.State.HealthOf(One).Candour, 930u, 945u);
    }

    [Fact]
    public void A_node_that_leaves_with_its_word_broken_is_remembered()
    {
        var script = new DispatchScript().With(1);
        Refuse(script, 1);
        var before = script.State.HealthOf(One).Candour;

        script.Apply(new DispatchInput.Nodes(script.Now, []));

        Assert.True(before < CapacityScore.Full);
        Assert.Equal(before, script.State.HealthOf(One).Candour);
    }

    [Fact]
    public void What_other_gateways_found_counts_as_well()
    {
        Assert.Equal(Samples.Node(2), Chosen(one: offer => offer with { Score = 200 }));
        Assert.Equal(Samples.Node(2), Chosen(one: offer => offer with { Standing = MemberStanding.Probation }));
    }

    [Fact]
    public void A_suspect_is_used_where_no_other_can_be()
    {
        Assert.Equal(Samples.Node(2), Chosen(one: offer => offer with { Standing = MemberStanding.Suspect }, busyTwo: 3));
        Assert.Equal(One, Chosen(one: offer => offer with { Standing = MemberStanding.Suspect }, busyTwo: 4));
    }

    // Node 2 runs so many already.
    private static Address Chosen(Func<DispatchOffer, DispatchOffer> one, int busyTwo = 0)
    {
        var script = new DispatchScript();
        DispatchOffer[] offers = [.. new[] { 1, 2 }.Select(node => new DispatchOffer(Samples.Record(node, 1, script.Now), DispatchScript.Offer(), 4, 0))];
        script.Apply(new DispatchInput.Nodes(script.Now, [one(offers[0]), offers[1]]));
        for (var run = 0; run < busyTwo; run++)
        {
            script.Arrive(100 + (ulong)run, DispatchScript.Query() with { Node = Samples.Node(2) });
        }

        return DispatchScript.NodeOf(script.Arrive(1));
    }

    private static void Refuse(DispatchScript script, ulong run)
    {
        Assert.Equal(One, DispatchScript.NodeOf(script.Arrive(run, DispatchScript.Query() with { Node = One })));
        script.Fail(run, failure: DispatchFailure.Busy);
        script.Now += 1_000;
    }
}
