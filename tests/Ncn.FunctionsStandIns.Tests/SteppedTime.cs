using System.Threading.Channels;

namespace Ncn.FunctionsStandIns.Tests;

/// <summary>A clock that moves only when a test says so, and tells when someone begins to wait on it.</summary>
internal sealed class SteppedTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Waiting> waiting = [];
    private readonly Channel<TimeSpan> begun = Channel.CreateUnbounded<TimeSpan>();
    private DateTimeOffset now = start;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    /// <summary>How long the next waiter wants to wait, once there is one.</summary>
    public ValueTask<TimeSpan> NextWaitAsync() => begun.Reader.ReadAsync();

    public void Advance(TimeSpan by)
    {
        Waiting[] due;
        lock (gate)
        {
            now += by;
            due = [.. waiting.Where(timer => timer.Due <= now)];
            waiting.RemoveAll(timer => timer.Due <= now);
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Waiting(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Waiting(SteppedTime owner, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner.gate)
            {
                owner.waiting.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }

                Due = owner.now + dueTime;
                owner.waiting.Add(this);
            }

            owner.begun.Writer.TryWrite(dueTime);
            return true;
        }

        public void Dispose()
        {
            lock (owner.gate)
            {
                owner.waiting.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
