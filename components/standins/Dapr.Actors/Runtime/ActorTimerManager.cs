namespace Dapr.Actors.Runtime;

/// <summary>Registers reminders and timers.</summary>
public abstract class ActorTimerManager
{
    /// <summary>Creates the base.</summary>
    protected ActorTimerManager()
    {
    }

    /// <summary>Registers or replaces a reminder.</summary>
    public abstract Task RegisterReminderAsync(ActorReminder reminder);

    /// <summary>Removes a reminder; one that is not there is no error.</summary>
    public abstract Task UnregisterReminderAsync(ActorReminderToken reminder);

    /// <summary>Reads a reminder, or null.</summary>
    public abstract Task<IActorReminder?> GetReminderAsync(ActorReminderToken reminder);

    /// <summary>Registers or replaces a timer.</summary>
    public abstract Task RegisterTimerAsync(ActorTimer timer);

    /// <summary>Removes a timer; one that is not there is no error.</summary>
    public abstract Task UnregisterTimerAsync(ActorTimerToken timer);
}
