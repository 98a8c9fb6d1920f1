using Ncn.Consensus;

namespace Ncn.Validator.Engine;

/// <summary>Timers by a clock that only goes forward. The engine's thread asks for what is due; one too many does no harm.</summary>
internal sealed class EngineTimers(TimeProvider time)
{
    private readonly PriorityQueue<TimerToken, long> _due = new();
    private readonly long _begun = time.GetTimestamp();

    internal void Set(TimerToken timer, ulong milliseconds) => _due.Enqueue(timer, NowMilliseconds + (long)Math.Min(milliseconds, int.MaxValue));

    /// <summary>How long nothing will be due, at most <paramref name="atMost"/>.</summary>
    internal TimeSpan Wait(TimeSpan atMost)
    {
        if (!_due.TryPeek(out _, out var due))
        {
            return atMost;
        }

        var wait = TimeSpan.FromMilliseconds(Math.Max(0, due - NowMilliseconds));
        return wait < atMost ? wait : atMost;
    }

    /// <summary>The next timer that is due; null when none is.</summary>
    internal TimerToken? Next() => _due.TryPeek(out var timer, out var due) && due <= NowMilliseconds ? Taken(timer) : null;

    private long NowMilliseconds => (long)time.GetElapsedTime(_begun).TotalMilliseconds;

    private TimerToken Taken(TimerToken timer)
    {
        _due.Dequeue();
        return timer;
    }
}
