namespace Ncn.Chain.Tests.Support;

/// <summary>A clock on which pauses of up to two seconds pass almost at once and move it on, and longer limits never end.</summary>
internal sealed class PacedTime : TimeProvider
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    // A node that is waited for needs some real time to mine.
    private static readonly TimeSpan RealPause = TimeSpan.FromMilliseconds(10);
    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private long _ticks;

    public override DateTimeOffset GetUtcNow() => Beginning + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    internal void Advance(TimeSpan span) => Interlocked.Add(ref _ticks, span.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > LongestPause || dueTime < TimeSpan.Zero)
        {
            return new Spent();
        }

        Advance(dueTime);
        return System.CreateTimer(callback, state, RealPause, Timeout.InfiniteTimeSpan);
    }

    private sealed class Spent : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
