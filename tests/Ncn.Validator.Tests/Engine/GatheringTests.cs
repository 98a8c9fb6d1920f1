using Ncn.Validator.Engine;

namespace Ncn.Validator.Tests.Engine;

/// <summary>When a block is worth beginning, in virtual time.</summary>
public sealed class GatheringTests
{
    private readonly Clock _clock = new();
    private readonly Gathering _gathering;

    public GatheringTests() => _gathering = new Gathering(_clock);

    [Fact]
    public void A_lone_client_never_waits()
    {
        for (ulong view = 1; view <= 100; view++)
        {
            Assert.False(_gathering.IsReady(0));
            Assert.True(_gathering.IsReady(1));
            _gathering.Begun(view, 1);
            Assert.False(_gathering.IsReady(0));
            _gathering.Decided(view, 1, 0);
        }
    }

    [Fact]
    public void Those_who_were_answered_come_again_into_one_block()
    {
        Assert.True(_gathering.IsReady(3));
        _gathering.Begun(1, 3);
        _clock.Add(5);
        Assert.False(_gathering.IsReady(0));
        _gathering.Decided(1, 3, 0);
        Assert.False(_gathering.IsReady(2));
        Assert.NotNull(_gathering.Again);
        Assert.True(_gathering.IsReady(3));
        Assert.True(_gathering.IsReady(1)); // once it is ready it stays so
        Assert.Null(_gathering.Again);
    }

    [Fact]
    public void Nothing_waits_longer_than_the_last_block_took()
    {
        _gathering.Begun(1, 8);
        _clock.Add(4);
        _gathering.Decided(1, 8, 0);
        Assert.False(_gathering.IsReady(7));
        _clock.Add(3);
        Assert.False(_gathering.IsReady(7));
        _clock.Add(1);
        Assert.True(_gathering.IsReady(7));
        Assert.False(_gathering.IsReady(0));
        _gathering.Decided(2, 8, 0);
        Assert.False(_gathering.IsReady(7)); // most of them came: it was not in vain
    }

    [Fact]
    public void Few_wait_for_a_larger_block_on_its_way_and_many_do_not()
    {
        _gathering.Begun(1, 40);
        Assert.False(_gathering.IsReady(39));
        Assert.True(_gathering.IsReady(40));
        Assert.False(_gathering.IsReady(0));
        _gathering.Begun(2, 30);
        Assert.False(_gathering.IsReady(35));
        _clock.Add(5);
        _gathering.Decided(1, 40, 35);
        Assert.True(_gathering.IsReady(75));
    }

    [Fact]
    public void Nothing_waits_longer_than_the_bound()
    {
        _gathering.Begun(1, 100);
        _clock.Add(1_000);
        _gathering.Decided(1, 100, 0);
        _gathering.Begun(2, 100);
        Assert.False(_gathering.IsReady(1));
        _clock.Add((int)Gathering.LongestWait.TotalMilliseconds - 1);
        Assert.False(_gathering.IsReady(1));
        _clock.Add(1);
        Assert.True(_gathering.IsReady(1));
    }

    [Fact]
    public void Who_waited_in_vain_does_not_for_the_next_blocks()
    {
        Vain(1);
        for (var block = 0; block < Gathering.FirstRest; block++)
        {
            _gathering.Decided(2, 5, 0);
            Assert.True(_gathering.IsReady(1));
            Assert.False(_gathering.IsReady(0));
        }

        Vain(3);
        for (var block = 0; block < 2 * Gathering.FirstRest; block++)
        {
            _gathering.Decided(4, 5, 0);
            Assert.True(_gathering.IsReady(1));
            Assert.False(_gathering.IsReady(0));
        }

        _gathering.Decided(5, 5, 0);
        Assert.False(_gathering.IsReady(1));
    }

    [Fact]
    public void Blocks_of_a_view_that_was_skipped_are_not_waited_for()
    {
        _gathering.Begun(1, 100);
        _gathering.Begun(2, 1);
        _gathering.Decided(2, 1, 0);
        Assert.True(_gathering.IsReady(1));
        _gathering.Begun(3, 100);
        Assert.False(_gathering.IsReady(0));
        _gathering.Clear();
        Assert.True(_gathering.IsReady(1));
    }

    private void Vain(ulong view)
    {
        _gathering.Decided(view, 5, 0);
        Assert.False(_gathering.IsReady(1));
        _clock.Add(25);
        Assert.True(_gathering.IsReady(1));
        Assert.False(_gathering.IsReady(0));
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => _now;

        internal void Add(int milliseconds) => _now += milliseconds;
    }
}
