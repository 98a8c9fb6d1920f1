namespace Ncn.Serving.Tests.Answers;

/// <summary>A clock that a test moves; timers fire when their time has come.</summary>
internal sealed class ManualTimers : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    /// <summary>How often a timer was made or set.</summary>
    public int Settings { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state), _now + dueTime, period);
        _timers.Add(timer);
        Settings++;
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        _now += time;
        foreach (var timer in _timers.Where(timer => timer.Due <= _now).ToArray())
        {
            timer.Fire(_now);
        }
    }

    private sealed class ManualTimer(ManualTimers owner, Action fire, DateTimeOffset due, TimeSpan period) : ITimer
    {
        public DateTimeOffset Due { get; private set; } = due;

        public void Fire(DateTimeOffset now)
        {
            Due = period > TimeSpan.Zero ? now + period : DateTimeOffset.MaxValue;
            fire();
        }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            owner.Settings++;
            Due = dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : owner._now + dueTime;
            return true;
        }

        public void Dispose() => owner._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
