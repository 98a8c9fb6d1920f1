using Ncn.Coordination.Batches;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Batches;

public sealed class BatchLedgerTests
{
    private const ulong Start = 1_790_000_000_000;
    private const ulong Day = 24UL * 60 * 60 * 1000;
    private static readonly BatchLimits Limits = new(MaxLines: 100);
    private static readonly Hash32 Fingerprint = Hash32.Parse("0x" + new string('a', 64));

    private BatchState _state = BatchState.Empty;
    private ulong _now = Start;

    [Fact]
    public void A_batch_completes_when_every_line_is_settled_and_its_files_are_written()
    {
        Create(10);
        var token = Claim("a");
        Assert.Equal(BatchOutcome.NotDone, Do(new BatchInput.Finish(_now, token)));
        Assert.Equal(BatchOutcome.Accepted, Settle(token, [.. Enumerable.Range(0, 8).Select(line => Line(line))]));
        Assert.Equal(BatchPhase.InProgress, _state.Phase);
        Assert.Equal(BatchOutcome.Accepted, Settle(token, Line(9), Line(8, isSuccess: false)));
        Assert.Equal((BatchPhase.Finalizing, 9, 1, new TokenAmount(100)), (_state.Phase, _state.Succeeded, _state.Failed, _state.Charged));
        Assert.Equal(BatchOutcome.Accepted, Do(new BatchInput.Finish(_now, token)));
        Assert.Equal((BatchPhase.Completed, _now), (_state.Phase, _state.EndedAt));
        Assert.Equal(BatchOutcome.Ended, Do(new BatchInput.Finish(_now, token)));
    }

    [Fact]
    public void A_line_that_is_settled_twice_counts_and_costs_once()
    {
        Create(9);
        var token = Claim("a");
        Settle(token, Line(8), Line(8), Line(3));
        Settle(token, Line(8), Line(-1), Line(9));
        Assert.Equal((2, new TokenAmount(20)), (_state.Succeeded, _state.Charged));
        Assert.Equal([3, 8], Enumerable.Range(0, 9).Where(_state.IsSettled));
    }

    [Fact]
    public void What_a_dead_gateway_left_another_takes_over_and_the_first_can_do_no_harm()
    {
        Create(2);
        var first = Claim("a");
        Assert.Equal(BatchOutcome.LeaseLost, Do(new BatchInput.Claim(_now, "b")));
        Assert.Equal(first, Claim("a"));
        _now += Limits.LeaseMilliseconds;
        var second = Claim("b");
        Assert.Equal(first + 1, second);
        Assert.Equal(BatchOutcome.LeaseLost, Settle(first, Line(0)));
        Assert.Equal(BatchOutcome.LeaseLost, Do(new BatchInput.Finish(_now, first)));
        Assert.Equal(BatchOutcome.LeaseLost, Do(new BatchInput.Claim(_now, "a")));
        Assert.Equal(BatchOutcome.Accepted, Settle(second, Line(0)));
    }

    [Fact]
    public void A_runner_that_comes_back_after_its_lease_gets_a_new_token()
    {
        Create(2);
        var first = Claim("a");
        _now += Limits.LeaseMilliseconds;
        Assert.Equal(first + 1, Claim("a"));
    }

    [Fact]
    public void A_cancelled_batch_ends_with_what_was_done()
    {
        Create(3);
        var token = Claim("a");
        Settle(token, Line(0));
        Assert.Equal(BatchOutcome.Accepted, Do(new BatchInput.Cancel(_now)));
        Assert.Equal(BatchOutcome.Repeated, Do(new BatchInput.Cancel(_now + 1)));
        Settle(token, Line(1), Line(2));
        Assert.Equal((BatchPhase.Cancelling, Start), (_state.Phase, _state.CancellingAt));
        Do(new BatchInput.Finish(_now, token));
        Assert.Equal((BatchPhase.Cancelled, 3), (_state.Phase, _state.Succeeded));
        Assert.Equal(BatchOutcome.Ended, Do(new BatchInput.Cancel(_now)));
    }

    [Fact]
    public void A_batch_whose_time_is_up_expires_unless_its_last_line_was_in_time()
    {
        Create(2);
        var token = Claim("a");
        Settle(token, Line(0));
        _now += Day;
        Claim("a");
        Assert.Equal(BatchPhase.Expiring, _state.Phase);
        Assert.Equal(BatchOutcome.Accepted, Do(new BatchInput.Finish(_now, _state.LeaseToken)));
        Assert.Equal(BatchPhase.Expired, _state.Phase);
    }

    [Fact]
    public void A_repeat_of_the_creation_changes_nothing_and_another_batch_under_the_id_is_refused()
    {
        Create(2);
        Assert.Equal(BatchOutcome.Repeated, Do(new BatchInput.Create(_now, Fingerprint, 2, _now + Day)));
        Assert.Equal(BatchOutcome.Conflict, Do(new BatchInput.Create(_now, default, 2, _now + Day)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(101, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 86_400_001)]
    public void A_batch_out_of_bounds_is_none(int lines, ulong window) =>
        Assert.Equal(BatchOutcome.Invalid, Do(new BatchInput.Create(_now, Fingerprint, lines, _now + window)));

    [Fact]
    public void A_batch_is_forgotten_a_month_after_its_end_and_a_tick_before_that_sets_the_next()
    {
        Create(1);
        var token = Claim("a");
        Settle(token, Line(0));
        Do(new BatchInput.Finish(_now, token));
        var (_, early) = BatchLedger.Apply(_state, new BatchInput.Tick(_now + 5), Limits);
        Assert.Equal([new BatchOutput.WakeAt(_now + Limits.MemoryMilliseconds)], early);
        var (gone, outputs) = BatchLedger.Apply(_state, new BatchInput.Tick(_now + Limits.MemoryMilliseconds), Limits);
        Assert.Equal((BatchPhase.None, (BatchOutput)new BatchOutput.Forget()), (gone.Phase, Assert.Single(outputs)));
    }

    [Fact]
    public void An_unknown_batch_is_told_to_be_unknown() => Assert.Equal(BatchOutcome.Unknown, Do(new BatchInput.Claim(_now, "a")));

    private static SettledLine Line(int line, bool isSuccess = true) => new(line, isSuccess, new TokenAmount(10));

    private void Create(int lines) => Assert.Equal(BatchOutcome.Accepted, Do(new BatchInput.Create(_now, Fingerprint, lines, _now + Day)));

    private ulong Claim(string runner)
    {
        Assert.Equal(BatchOutcome.Accepted, Do(new BatchInput.Claim(_now, runner)));
        return _state.LeaseToken;
    }

    private BatchOutcome Settle(ulong token, params SettledLine[] lines) => Do(new BatchInput.Settle(_now, token, lines));

    private BatchOutcome Do(BatchInput input)
    {
        (_state, var outputs) = BatchLedger.Apply(_state, input, Limits);
        return Assert.Single(outputs.OfType<BatchOutput.Reply>()).Outcome;
    }
}
