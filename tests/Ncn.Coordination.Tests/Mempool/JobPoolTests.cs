using Ncn.Coordination.Mempool;

namespace Ncn.Coordination.Tests.Mempool;

public class JobPoolTests
{
    private const ulong T0 = Samples.Start;
    private const ulong Hour = 3_600_000;

    [Fact]
    public void A_job_is_submitted_released_accepted_and_completed()
    {
        var run = new PoolRun();

        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0, 1));
        Assert.Empty(run.Released);
        run.Slots(T0 + 1, 2);
        Assert.Equal([(1, 1UL)], run.Released);
        Assert.Equal(MempoolOutcome.Accepted, run.Accept(T0 + 2, 1, token: 1, node: 1));
        Assert.Equal(1u, run.State.FreeSlots);
        Assert.Equal(MempoolOutcome.Accepted, run.Complete(T0 + 3, 1));
        Assert.Contains(new MempoolOutput.Forget(Samples.Request(1), T0 + 3 + Hour), run.Outputs);
        Assert.Empty(run.State.Jobs);
        Assert.Equal(2u, run.State.FreeSlots);
    }

    [Fact]
    public void Duplicates_are_recognised_while_the_job_lives_and_after_it_ended()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);

        Assert.Equal(MempoolOutcome.Repeated, run.Submit(T0 + 1, 1));
        run.Complete(T0 + 2, 1);
        Assert.Equal(MempoolOutcome.Ended, run.Submit(T0 + 3, 1));
        Assert.Equal(MempoolOutcome.Repeated, run.Complete(T0 + 4, 1));
        Assert.Empty(run.State.Jobs);
    }

    [Fact]
    public void A_job_that_waits_or_was_only_offered_is_cancelled_and_makes_room_for_the_next()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);
        run.Submit(T0, 2);
        run.Submit(T0, 3);
        run.Slots(T0 + 1, 1);
        Assert.Equal([(1, 1UL)], run.Released);

        Assert.Equal(MempoolOutcome.Accepted, run.Cancel(T0 + 2, 2));
        Assert.Empty(run.Released);
        Assert.Equal(MempoolOutcome.Accepted, run.Cancel(T0 + 3, 1));
        Assert.Equal([3], run.Released.Select(static release => release.Request));
        Assert.NotEqual(MempoolOutcome.Accepted, run.Accept(T0 + 4, 1, token: 1, node: 1));
        Assert.Equal(1, run.State.Living);
    }

    [Fact]
    public void A_cancelled_job_is_told_like_every_dead_one_until_that_is_confirmed()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);

        run.Cancel(T0 + 1, 1);
        Assert.Contains(new MempoolOutput.Bury(Samples.Request(1), JobDeath.Cancelled), run.Outputs);
        run.Tick(T0 + 5_001);
        Assert.Contains(new MempoolOutput.Bury(Samples.Request(1), JobDeath.Cancelled), run.Outputs);
        run.Apply(new MempoolInput.Buried(T0 + 5_002, Samples.Request(1)));

        Assert.Equal([new MempoolOutput.Forget(Samples.Request(1), T0 + 5_002 + Hour)], run.Outputs);
        Assert.Equal(MempoolOutcome.Ended, run.Submit(T0 + 5_003, 1));
    }

    [Fact]
    public void A_job_that_a_node_has_taken_goes_on_and_one_that_is_not_there_is_unknown()
    {
        var run = new PoolRun();
        run.Slots(T0, 1);
        run.Submit(T0, 1);
        run.Accept(T0 + 1, 1, token: 1, node: 1);

        Assert.Equal(MempoolOutcome.LeaseLost, run.Cancel(T0 + 2, 1));
        Assert.Single(run.State.Jobs);
        Assert.Equal(MempoolOutcome.Accepted, run.Complete(T0 + 3, 1));
        Assert.Equal(MempoolOutcome.Unknown, run.Cancel(T0 + 4, 1));
    }

    [Fact]
    public void The_better_paid_go_first_then_the_older()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 5);
        run.Submit(T0 + 1, 2, fee: 9);
        run.Submit(T0 + 2, 3, fee: 5);

        run.Slots(T0 + 3, 3);

        Assert.Equal([2, 1, 3], run.Released.Select(static release => release.Request));
    }

    [Fact]
    public void A_job_that_has_waited_too_long_goes_before_the_better_paid()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 1);
        run.Submit(T0 + 20_000, 2, fee: 9);

        run.Slots(T0 + 30_000, 1);

        Assert.Equal([1], run.Released.Select(static release => release.Request));
    }

    [Fact]
    public void A_submission_time_in_the_future_buys_no_patience()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, submittedAt: T0 + 1_000_000);

        Assert.Equal(T0, run.Job(1)!.Value.SubmittedAt);
    }

    [Fact]
    public void No_more_is_released_than_nodes_have_room_for()
    {
        var run = new PoolRun();
        for (var i = 1; i <= 5; i++)
        {
            run.Submit(T0, i);
        }

        run.Slots(T0 + 1, 2);
        Assert.Equal(2, run.Released.Count);
        run.Slots(T0 + 2, 2);
        Assert.Empty(run.Released);
        run.Accept(T0 + 3, 1, 1, 1);
        Assert.Empty(run.Released);
        run.Complete(T0 + 4, 1);
        Assert.Single(run.Released);
    }

    [Fact]
    public void A_lease_that_nobody_accepts_is_released_again_after_a_pause_under_a_new_token()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);
        run.Slots(T0, 1);

        run.Tick(T0 + 30_000);
        Assert.Empty(run.Released);
        run.Tick(T0 + 31_000);

        Assert.Equal([(1, 2UL)], run.Released);
        Assert.Equal(MempoolOutcome.LeaseLost, run.Accept(T0 + 31_001, 1, token: 1, node: 1));
        Assert.Equal(MempoolOutcome.Accepted, run.Accept(T0 + 31_002, 1, token: 2, node: 2));
    }

    [Fact]
    public void Of_two_nodes_with_the_same_token_the_first_has_the_job()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);
        run.Slots(T0, 2);

        Assert.Equal(MempoolOutcome.Accepted, run.Accept(T0 + 1, 1, 1, node: 1));
        Assert.Equal(MempoolOutcome.LeaseLost, run.Accept(T0 + 2, 1, 1, node: 2));
        Assert.Equal(MempoolOutcome.Accepted, run.Accept(T0 + 3, 1, 1, node: 1));
        Assert.Equal(1u, run.State.FreeSlots);
    }

    [Fact]
    public void A_lost_workers_job_goes_to_another_and_the_first_ones_lease_is_lost()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);
        run.Slots(T0, 1);
        run.Accept(T0 + 1, 1, 1, node: 1);

        run.Tick(T0 + 60_001);
        run.Slots(T0 + 61_001, 1);

        Assert.Equal([(1, 2UL)], run.Released);
        Assert.Equal(MempoolOutcome.LeaseLost, run.Accept(T0 + 61_002, 1, 1, node: 1));
    }

    [Fact]
    public void Pauses_between_deliveries_double_up_to_a_bound_and_the_last_loss_is_death()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, deadline: T0 + 10_000_000);
        run.Slots(T0, 1);
        var now = T0;
        foreach (var pause in (ulong[])[1_000, 2_000, 4_000, 8_000])
        {
            now += 30_000;
            run.Tick(now);
            Assert.Equal(now + pause, run.Job(1)!.Value.Until);
            now += pause;
            run.Tick(now);
            Assert.Single(run.Released);
        }

        run.Tick(now + 30_000);

        Assert.Equal([new MempoolOutput.Bury(Samples.Request(1), JobDeath.Undeliverable)], run.Outputs);
    }

    [Fact]
    public void A_deadline_kills_what_waits_but_honours_a_running_lease()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, deadline: T0 + 10_000);
        run.Submit(T0, 2, fee: 0, deadline: T0 + 10_000);
        run.Slots(T0, 1);
        run.Accept(T0 + 9_000, 1, 1, node: 1);

        run.Tick(T0 + 10_000);
        Assert.Equal([new MempoolOutput.Bury(Samples.Request(2), JobDeath.Expired)], run.Outputs);
        Assert.Equal(MempoolOutcome.Accepted, run.Accept(T0 + 11_000, 1, 1, node: 1));
        run.Tick(T0 + 71_000);

        Assert.Contains(new MempoolOutput.Bury(Samples.Request(1), JobDeath.Expired), run.Outputs);
        Assert.Equal(MempoolOutcome.Unknown, run.Accept(T0 + 71_001, 1, 1, node: 1));
    }

    [Fact]
    public void A_dead_job_is_told_again_until_confirmed_and_then_remembered()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, deadline: T0 + 10);
        run.Tick(T0 + 10);
        run.Tick(T0 + 11);
        Assert.Empty(run.Outputs);

        run.Tick(T0 + 5_010);
        Assert.Equal([new MempoolOutput.Bury(Samples.Request(1), JobDeath.Expired)], run.Outputs);
        run.Apply(new MempoolInput.Buried(T0 + 5_011, Samples.Request(1)));

        Assert.Equal([new MempoolOutput.Forget(Samples.Request(1), T0 + 5_011 + Hour)], run.Outputs);
        Assert.Equal(MempoolOutcome.Ended, run.Submit(T0 + 5_012, 1, deadline: T0 + 20_000));
    }

    [Fact]
    public void An_expired_job_is_refused() =>
        Assert.Equal(MempoolOutcome.Expired, new PoolRun().Submit(T0, 1, deadline: T0));

    [Fact]
    public void A_full_pool_evicts_the_worst_for_a_better_paid_one_only()
    {
        var run = new PoolRun { Limits = new MempoolLimits(5) { Capacity = 2 } };
        run.Submit(T0, 1, fee: 5);
        run.Submit(T0 + 1, 2, fee: 5);

        Assert.Equal(MempoolOutcome.Full, run.Submit(T0 + 2, 3, fee: 5));
        Assert.Equal(MempoolOutcome.Accepted, run.Submit(T0 + 3, 4, fee: 6));

        Assert.Contains(new MempoolOutput.Bury(Samples.Request(2), JobDeath.Evicted), run.Outputs);
        Assert.Equal(JobPhase.Waiting, run.Job(1)!.Value.Phase);
    }

    [Fact]
    public void A_leased_job_is_never_evicted()
    {
        var run = new PoolRun { Limits = new MempoolLimits(5) { Capacity = 1 } };
        run.Submit(T0, 1, fee: 1);
        run.Slots(T0, 1);

        Assert.Equal(MempoolOutcome.Full, run.Submit(T0 + 1, 2, fee: 100));
    }

    [Fact]
    public void A_job_that_the_queue_refused_waits_and_is_tried_again()
    {
        var run = new PoolRun();
        run.Submit(T0, 1);
        run.Slots(T0, 1);

        run.Apply(new MempoolInput.ReleaseFailed(T0 + 1, Samples.Request(1), 1));
        Assert.Empty(run.Released);
        run.Apply(new MempoolInput.ReleaseFailed(T0 + 2, Samples.Request(1), 1));
        run.Tick(T0 + 1_001);

        Assert.Equal([(1, 2UL)], run.Released);
    }

    /// <summary>Found by the random histories: completing looks at no deadline but its own.</summary>
    [Fact]
    public void Completing_one_job_hands_out_no_other_past_its_deadline()
    {
        var run = new PoolRun();
        run.Submit(T0, 1, fee: 2);
        run.Submit(T0, 2, deadline: T0 + 100);
        run.Slots(T0, 1);
        run.Accept(T0 + 1, 1, 1, node: 1);

        run.Complete(T0 + 100, 1);

        Assert.Empty(run.Released);
    }

    [Fact]
    public void The_pool_wakes_for_the_next_thing_that_can_happen()
    {
        var run = new PoolRun();
        Assert.Null(run.Wake);
        run.Submit(T0, 1, deadline: T0 + 500_000);
        Assert.Equal(T0 + 500_000, run.Wake);
        run.Slots(T0, 1);
        Assert.Equal(T0 + 30_000, run.Wake);
        run.Accept(T0 + 5, 1, 1, 1);
        Assert.Equal(T0 + 60_005, run.Wake);
        run.Tick(T0 + 60_005);
        run.Slots(T0 + 60_006, 1);
        Assert.Equal(T0 + 61_005, run.Wake);
    }
}
