namespace Dapr.Actors.Runtime;

/// <summary>A durable wake-up call, kept by the sidecar across crashes and deactivations.</summary>
public interface IActorReminder
{
    /// <summary>The reminder's name.</summary>
    string Name { get; }

    /// <summary>When it is due first, from its registration.</summary>
    TimeSpan DueTime { get; }

    /// <summary>How often it repeats; negative for once.</summary>
    TimeSpan Period { get; }

    /// <summary>Bytes handed back with each call.</summary>
    byte[] State { get; }
}

/// <summary>An actor that has reminders implements this.</summary>
public interface IRemindable
{
    /// <summary>Called when a reminder is due.</summary>
    Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period);
}

/// <summary>A reminder and when it is due.</summary>
public class ActorReminder : ActorReminderToken, IActorReminder
{
    /// <summary>Creates a reminder without end.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, state, dueTime, period, null, null)
    {
    }

    /// <summary>Creates a reminder that lives for a time.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, state, dueTime, period, null, ttl)
    {
    }

    /// <summary>Creates a reminder that fires a number of times.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, int? repetitions)
        : this(actorType, actorId, name, state, dueTime, period, repetitions, null)
    {
    }

    /// <summary>Creates a reminder.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, int? repetitions, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
        State = state ?? [];
        DueTime = dueTime;
        Period = period;
        Repetitions = repetitions;
        Ttl = ttl;
    }

    /// <inheritdoc/>
    public TimeSpan DueTime { get; }

    /// <inheritdoc/>
    public TimeSpan Period { get; }

    /// <inheritdoc/>
    public byte[] State { get; }

    /// <summary>How often it fires; null for no limit.</summary>
    public int? Repetitions { get; }

    /// <summary>When it ends, from its registration; null for never.</summary>
    public TimeSpan? Ttl { get; }
}
