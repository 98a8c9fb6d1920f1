using Ncn.Inference.Scheduling;
using static Ncn.Inference.Tests.Scheduling.BatchSteps;

namespace Ncn.Inference.Tests.Scheduling;

/// <summary>Step tables in virtual time.</summary>
public sealed class DynamicBatchingTests
{
    private static readonly BatchRules OneLane = new(Lanes: 1, MaxRows: 8, MaxDelay: 100, MaxQueued: 16);
    private static readonly BatchRules TwoLanes = OneLane with { Lanes = 2 };

    [Fact]
    public void A_lone_request_never_waits() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Finish(50), "")
        .Step(Arrive(2, at: 60), "start 2");

    [Fact]
    public void What_queued_during_a_run_runs_together_after_it() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "")
        .Step(Arrive(3, at: 2, rows: 4), "")
        .Step(Arrive(4, at: 3), "")
        .Step(Finish(10), "start 2 3 4")
        .Step(Finish(20), "");

    [Fact]
    public void A_run_takes_no_more_rows_than_allowed_and_keeps_the_order() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1, rows: 5), "")
        .Step(Arrive(3, at: 2, rows: 4), "")
        .Step(Arrive(4, at: 3, rows: 3), "")
        .Step(Finish(10), "start 2")
        .Step(Finish(20), "start 3 4");

    [Fact]
    public void A_request_above_the_limit_runs_alone() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0, rows: 100), "start 1")
        .Step(Arrive(2, at: 1, rows: 100), "")
        .Step(Arrive(3, at: 2), "")
        .Step(Finish(10), "start 2")
        .Step(Finish(20), "start 3");

    [Fact]
    public void A_free_lane_waits_for_company_until_the_delay_is_over() => new BatchSteps(TwoLanes)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 10), "wake 110")
        .Step(Arrive(3, at: 60), "wake 110")
        .Step(Tick(109), "wake 110")
        .Step(Tick(110), "start 2 3");

    [Fact]
    public void A_full_group_does_not_wait() => new BatchSteps(TwoLanes)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 10, rows: 4), "wake 110")
        .Step(Arrive(3, at: 20, rows: 4), "start 2 3");

    [Fact]
    public void The_last_run_to_end_takes_along_what_waits() => new BatchSteps(TwoLanes)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 10), "wake 110")
        .Step(Finish(20), "start 2");

    [Fact]
    public void Groups_are_not_mixed_and_the_oldest_goes_first() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1, group: 7), "")
        .Step(Arrive(3, at: 2, group: 8), "")
        .Step(Arrive(4, at: 3, group: 7), "")
        .Step(Finish(10), "start 2 4")
        .Step(Finish(20), "start 3");

    [Fact]
    public void What_a_run_could_not_take_falls_behind_an_older_group() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1, group: 7, rows: 6), "")
        .Step(Arrive(3, at: 2, group: 8), "")
        .Step(Arrive(4, at: 3, group: 7, rows: 6), "")
        .Step(Finish(10), "start 2")
        .Step(Finish(20), "start 3")
        .Step(Finish(30), "start 4");

    [Fact]
    public void Requests_that_cannot_be_merged_run_side_by_side_at_once() => new BatchSteps(TwoLanes)
        .Step(Arrive(1, at: 0, group: BatchItem.Alone), "start 1")
        .Step(Arrive(2, at: 1, group: BatchItem.Alone), "start 2")
        .Step(Arrive(3, at: 2, group: BatchItem.Alone), "")
        .Step(Arrive(4, at: 3, group: BatchItem.Alone), "")
        .Step(Finish(10), "start 3")
        .Step(Finish(11), "start 4");

    [Fact]
    public void The_queue_is_bounded() => new BatchSteps(OneLane with { MaxQueued = 2 })
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "")
        .Step(Arrive(3, at: 2), "")
        .Step(Arrive(4, at: 3), "Busy 4")
        .Step(Finish(10), "start 2 3")
        .Step(Arrive(5, at: 11), "");

    [Fact]
    public void Without_a_queue_a_free_lane_is_used_at_once() => new BatchSteps(TwoLanes with { MaxQueued = 0 })
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "start 2")
        .Step(Arrive(3, at: 2), "Busy 3");

    [Fact]
    public void A_cancelled_request_leaves_the_queue_and_its_neighbours_stay() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "")
        .Step(Arrive(3, at: 2), "")
        .Step(new BatchInput.Cancel(2), "Cancelled 2")
        .Step(new BatchInput.Cancel(1), "")
        .Step(new BatchInput.Cancel(99), "")
        .Step(Finish(10), "start 3")
        .Step(Finish(20), "");

    [Fact]
    public void Closing_sends_away_who_waits_and_who_comes() => new BatchSteps(OneLane)
        .Step(Arrive(1, at: 0), "start 1")
        .Step(Arrive(2, at: 1), "")
        .Step(new BatchInput.Close(), "Stopping 2")
        .Step(Arrive(3, at: 2), "Stopping 3")
        .Step(Finish(10), "");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_any_order_of_events_every_request_ends_once_and_no_limit_is_broken(int seed)
    {
        var random = new Random(seed);
        var rules = new BatchRules(Lanes: 3, MaxRows: 8, MaxDelay: 20, MaxQueued: 12, Shares: 2);
        var life = new Lives(rules);
        for (int i = 0; i < 4000; i++)
        {
            life.Step(random);
        }

        life.Settle();
    }

    /// <summary>Random events, and what must hold whatever they are.</summary>
    private sealed class Lives(BatchRules rules)
    {
        private readonly HashSet<long> _waiting = [];
        private BatchState _state = new(rules);
        private long _now;
        private long _next = 1;
        private int _running;
        private long? _wake;
        private long _held;

        public void Step(Random random)
        {
            _now += random.Next(0, 10);
            switch (random.Next(10))
            {
                case < 6:
                    _waiting.Add(_next);
                    Apply(Arrive(_next++, _now, random.Next(0, 3), random.Next(1, 12)));
                    break;
                case < 8 when _running > 0:
                    _running--;
                    Apply(Finish(_now, random.Next(0, 5)));
                    break;
                case 8 when _waiting.Count > 0:
                    Apply(new BatchInput.Cancel(_waiting.First()));
                    break;
                default:
                    Apply(Tick(_now));
                    break;
            }

            Assert.True(_running <= rules.Lanes);
            Assert.True(_waiting.Count <= rules.MaxQueued);
            Assert.Equal(_waiting.Count, _state.Waiting);
            Assert.True(_waiting.Count == 0 || _running > 0 || _now < _held + rules.MaxDelay, "something waits longer than it may although nothing runs");
            Assert.True(_waiting.Count == 0 || _running == rules.Lanes || _wake is not null, "a lane is free, something waits, and nobody will look again");
        }

        public void Settle()
        {
            for (; _running > 0; _running--)
            {
                _state = DynamicBatching.Apply(_state, new BatchInput.Close()).State;
                _waiting.Clear();
                Apply(Finish(_now));
            }

            Assert.Equal(0, _state.Waiting);
            Assert.Equal(0, _state.Running);
        }

        private void Apply(BatchInput input)
        {
            (_state, IReadOnlyList<BatchOutput> outputs) = DynamicBatching.Apply(_state, input);
            _wake = input is BatchInput.Tick ? null : _wake;
            _held = input is BatchInput.Finish ? _now : _held;
            foreach (BatchOutput output in outputs)
            {
                Check(output);
            }
        }

        private void Check(BatchOutput output)
        {
            switch (output)
            {
                case BatchOutput.Start start:
                    _running++;
                    Assert.All(start.Items, item => Assert.True(_waiting.Remove(item.Id)));
                    Assert.True(start.Items.Count == 1 || start.Items.Sum(item => item.Rows) <= rules.MaxRows);
                    Assert.True(start.Items.Count == 1 || start.Items.All(item => item.Group == start.Items[0].Group && item.Group != BatchItem.Alone));
                    break;
                case BatchOutput.Dismiss dismiss:
                    Assert.True(_waiting.Remove(dismiss.Id));
                    break;
                case BatchOutput.WakeAt wake:
                    _wake = wake.Time;
                    Assert.True(wake.Time > _now);
                    break;
            }
        }
    }
}
