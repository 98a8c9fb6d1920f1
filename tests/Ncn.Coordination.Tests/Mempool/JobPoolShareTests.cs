using Ncn.Coordination.Mempool;

namespace Ncn.Coordination.Tests.Mempool;

/// <summary>Who gets how much of a pool: turns of payers, caps, replacement, eviction, and nodes that give jobs back.</summary>
public class JobPoolShareTests
{
    private const ulong T0 = Samples.Start;

    [Fact]
    public void Payers_of_one_fee_class_take_turns_however_many_jobs_one_has()
    {
        var run = new PoolRun();
        for (var i = 1; i <= 6; i++)
        {
            run.Submit(T0, i, fee: 5, payer: 1);
        }

        run.Submit(T0 + 1, 7, fee: 4, payer: 2);
        run.Submit(T0 + 1, 8, fee: 7, payer: 3);
        run.Slots(T0 + 2, 6);

        Assert.Equal([1, 7, 8, 2, 3, 4], run.Released.Select(static release => release.Request));
    }

    [Fact]
    public void A_higher_fee_class_goes_first_and_a_payers_own_best_paid_too()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 4, payer: 1);
        run.Submit(T0, 2, fee: 7, payer: 1);
        run.Submit(T0, 3, fee: 0, payer: 2);
        run.Submit(T0, 4, fee: 8, payer: 3);
        run.Slots(T0 + 1, 4);

        Assert.Equal([4, 2, 1, 3], run.Released.Select(static release => release.Request));
    }

    [Fact]
    public void Overdue_jobs_get_every_second_turn_so_that_neither_they_nor_the_well_paid_starve()
    {
        var run = new PoolRun();
        for (var i = 1; i <= 4; i++)
        {
            run.Submit(T0 + (ulong)i, i, fee: 1, payer: 1);
        }

        run.Submit(T0 + 29_000, 5, fee: 100, payer: 2);
        run.Submit(T0 + 29_000, 6, fee: 100, payer: 2);
        run.Slots(T0 + 31_000, 5);

        Assert.Equal([1, 5, 2, 6, 3], run.Released.Select(static release => release.Request));
    }

    [Fact]
    public void A_payer_has_no_more_jobs_than_its_cap_while_others_still_get_in()
    {
        var run = new PoolRun { Limits = new MempoolLimits(5) { MaxPerPayer = 2 } };
        run.Submit(T0, 1, payer: 1);
        run.Submit(T0, 2, payer: 1);

        Assert.Equal(MempoolOutcome.PayerFull, run.Submit(T0, 3, fee: 1_000, payer: 1));
        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0, 3, payer: 2));
        run.Complete(T0 + 1, 1);
        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0 + 2, 4, payer: 1));
    }

    [Fact]
    public void A_job_is_replaced_by_its_payers_own_for_a_tenth_more_and_keeps_its_age()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 100, payer: 1);

        Assert.Equal(MempoolOutcome.FeeTooLow, run.Submit(T0 + 1, 2, fee: 110, payer: 1, replaces: 1));
        Assert.Equal(MempoolOutcome.NotReplaceable, run.Submit(T0 + 2, 2, fee: 200, payer: 2, replaces: 1));
        Assert.Equal(MempoolOutcome.NotReplaceable, run.Submit(T0 + 3, 2, fee: 200, payer: 1, replaces: 9));
        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0 + 4, 2, fee: 111, payer: 1, replaces: 1));

        Assert.Equal(new MempoolOutput.Bury(Samples.Request(1), JobDeath.Replaced), run.Outputs[0]);
        Assert.Equal(T0, run.Job(2)!.Value.SubmittedAt);
        Assert.Equal(MempoolOutcome.Repeated, run.Submit(T0 + 5, 2, fee: 111, payer: 1, replaces: 1));
        run.Slots(T0 + 6, 5);
        Assert.Equal([2], run.Released.Select(static release => release.Request));
    }

    [Fact]
    public void A_job_on_the_queue_can_be_replaced_and_one_that_a_node_runs_cannot()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 1);
        run.Slots(T0, 1);
        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0 + 1, 2, fee: 5, replaces: 1));
        Assert.Equal(MempoolOutcome.Unknown, run.Accept(T0 + 2, 1, token: 1, node: 1));
        Assert.Equal(MempoolOutcome.Accepted, run.Accept(T0 + 2, 2, token: 2, node: 1));

        Assert.Equal(MempoolOutcome.NotReplaceable, run.Submit(T0 + 3, 3, fee: 50, replaces: 2));
    }

    [Fact]
    public void A_replacement_needs_no_room_of_its_own()
    {
        var run = new PoolRun { Limits = new MempoolLimits(5) { Capacity = 2, MaxPerPayer = 1 } };
        run.Submit(T0, 1, fee: 5, payer: 1);
        run.Submit(T0, 2, fee: 1, payer: 2);

        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0 + 1, 3, fee: 9, payer: 1, replaces: 1));
        Assert.Equal(JobPhase.Waiting, run.Job(2)!.Value.Phase);
    }

    [Fact]
    public void Bytes_are_bounded_and_nobody_is_evicted_in_vain()
    {
        var run = new PoolRun { Limits = new MempoolLimits(5) { MaxBytes = 1_000, BytesBeside = 100 } };
        run.Submit(T0, 1, fee: 1, bytes: 300);
        run.Submit(T0, 2, fee: 2, bytes: 300);
        run.Submit(T0, 3, fee: 9, bytes: 100);
        Assert.Equal(1_000UL, run.State.Bytes);

        Assert.Equal(MempoolOutcome.Full, run.Submit(T0 + 1, 4, fee: 5, bytes: 800));
        Assert.Equal(3, run.State.Living);
        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0 + 2, 4, fee: 5, bytes: 600));
        Assert.Equal([1, 2], run.Outputs.OfType<MempoolOutput.Bury>().Select(static bury => (int)bury.Request.Value.ToArray()[31]));
        Assert.Equal(900UL, run.State.Bytes);
        Assert.Equal(MempoolOutcome.Full, run.Submit(T0 + 3, 5, fee: 500, bytes: 901));
    }

    [Fact]
    public void A_node_that_cannot_run_a_job_gives_it_back_and_that_is_no_delivery()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);
        run.Slots(T0, 1);

        Assert.Equal(MempoolOutcome.LeaseLost, run.Decline(T0 + 1, 1, token: 9, node: 1));
        Assert.Equal(MempoolOutcome.Accepted, run.Decline(T0 + 1, 1, token: 1, node: 1));
        Assert.Equal((0u, 1u, T0 + 101), (run.Job(1)!.Value.Deliveries, run.Job(1)!.Value.Declines, run.Job(1)!.Value.Until));
        run.Tick(T0 + 101);
        Assert.Equal([(1, 2UL)], run.Released);
        Assert.Equal(MempoolOutcome.LeaseLost, run.Accept(T0 + 102, 1, token: 1, node: 1));
    }

    [Fact]
    public void A_job_that_everybody_declines_is_given_up_in_the_end()
    {
        var run = new PoolRun { Limits = new MempoolLimits(2) { MaxDeclines = 3 } };
        run.Submit(T0, 1);
        var now = T0;
        for (var i = 1u; i <= 5; i++, now += 10_000)
        {
            run.Slots(now, 1);
            Assert.Equal(MempoolOutcome.Accepted, run.Decline(now, 1, token: i, node: 1));
        }

        Assert.Contains(new MempoolOutput.Bury(Samples.Request(1), JobDeath.Undeliverable), run.Outputs);
    }

    [Fact]
    public void A_node_that_gives_a_running_job_back_has_used_a_delivery_up()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);
        run.Slots(T0, 1);
        run.Accept(T0, 1, token: 1, node: 1);

        Assert.Equal(MempoolOutcome.LeaseLost, run.Decline(T0 + 1, 1, token: 1, node: 2));
        Assert.Equal(MempoolOutcome.Accepted, run.Decline(T0 + 1, 1, token: 1, node: 1));
        Assert.Equal((JobPhase.Waiting, 1u, T0 + 1_001), (run.Job(1)!.Value.Phase, run.Job(1)!.Value.Deliveries, run.Job(1)!.Value.Until));
    }

    [Fact]
    public void A_lease_that_is_renewed_in_time_never_ends()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, deadline: T0 + 1_000_000);
        run.Slots(T0, 2);
        run.Accept(T0, 1, token: 1, node: 1);
        for (var now = T0 + 20_000; now < T0 + 600_000; now += 20_000)
        {
            Assert.Equal(MempoolOutcome.Accepted, run.Accept(now, 1, token: 1, node: 1));
            Assert.Empty(run.Released);
        }

        Assert.Equal(1u, run.State.FreeSlots);
        Assert.Equal(MempoolOutcome.Accepted, run.Complete(T0 + 600_000, 1));
    }

    [Fact]
    public void A_dead_queue_costs_no_job_a_delivery_and_is_tried_ever_more_rarely()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, deadline: T0 + 1_000_000);
        run.Submit(T0, 2, deadline: T0 + 1_000_000);
        run.Slots(T0, 2);
        var now = T0;
        foreach (var pause in (ulong[])[1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
        {
            var failed = run.Released;
            Assert.Equal(2, failed.Count);
            foreach (var (request, token) in failed)
            {
                run.Apply(new MempoolInput.ReleaseFailed(now, Samples.Request(request), token));
            }

            Assert.Empty(run.Released);
            Assert.Equal(now + pause, run.Wake);
            run.Tick(now += pause);
        }

        Assert.Equal(1u, run.Job(1)!.Value.Deliveries);
        run.Accept(now, 1, run.Job(1)!.Value.Token, node: 1);
        run.Apply(new MempoolInput.ReleaseFailed(now, Samples.Request(2), run.Job(2)!.Value.Token));
        Assert.Equal(now + 1_000, run.Wake);
    }

    [Fact]
    public void A_node_may_pull_past_the_queue()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 1);
        run.Submit(T0, 2, fee: 9);

        run.Apply(new MempoolInput.Take(T0 + 1, Samples.Node(1), 1));
        Assert.Equal([(2, 1UL)], run.Released);
        Assert.Equal(JobPhase.Running, run.Job(2)!.Value.Phase);
        run.Complete(T0 + 2, 2);
        Assert.Equal(0u, run.State.FreeSlots);
        Assert.Equal(JobPhase.Waiting, run.Job(1)!.Value.Phase);
    }

    [Fact]
    public void A_pool_made_again_from_what_was_written_goes_on()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 9);
        run.Submit(T0, 2);
        run.Submit(T0, 3);
        run.Slots(T0, 2);
        run.Accept(T0, 1, token: 1, node: 1);
        run.Submit(T0 + 1, 4);
        run.Complete(T0 + 1, 4);

        run.Crash();

        Assert.Equal(run.Kept.OrderBy(static entry => entry.Key.Value), run.State.Jobs);
        Assert.Equal(MempoolOutcome.Ended, run.Submit(T0 + 2, 4));
        Assert.Equal(MempoolOutcome.Accepted, run.Accept(T0 + 3, 1, token: 1, node: 1));
        run.Slots(T0 + 30_000, 3);
        Assert.Equal([(3, 3UL)], run.Released);
    }
}
