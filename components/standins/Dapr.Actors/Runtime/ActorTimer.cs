namespace Dapr.Actors.Runtime;

/// <summary>A wake-up call that ends with the actor's activation; it calls one of the actor's methods by name.</summary>
public class ActorTimer : ActorTimerToken
{
    /// <summary>Creates a timer without end.</summary>
    public ActorTimer(string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, timerCallback, data, dueTime, period, null)
    {
    }

    /// <summary>Creates a timer that lives for a time.</summary>
    public ActorTimer(string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, timerCallback, data, dueTime, period, (TimeSpan?)ttl)
    {
    }

    private ActorTimer(string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(timerCallback);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
        TimerCallback = timerCallback;
        Data = data ?? [];
        DueTime = dueTime;
        Period = period;
        Ttl = ttl;
    }

    /// <summary>Name of the actor's method; it may be private and takes nothing or the bytes.</summary>
    public string TimerCallback { get; }

    /// <summary>Bytes handed back with each call.</summary>
    public byte[] Data { get; }

    /// <summary>When it is due first.</summary>
    public TimeSpan DueTime { get; }

    /// <summary>How often it repeats; negative for once.</summary>
    public TimeSpan Period { get; }

    /// <summary>When it ends; null for never.</summary>
    public TimeSpan? Ttl { get; }
}
