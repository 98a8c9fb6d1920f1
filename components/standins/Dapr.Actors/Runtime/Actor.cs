using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>
/// Base of every actor. A turn runs in this order: pre-method hook, method, post-method hook, save.
/// A turn that throws runs the failure hook, forgets its state changes and saves nothing.
/// The sidecar lets one turn run at a time.
/// </summary>
public abstract class Actor
{
    private readonly string typeName;

    /// <summary>Called by the runtime through the actor's constructor.</summary>
    protected Actor(ActorHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        typeName = host.ActorTypeInfo.ActorTypeName;
        Logger = host.LoggerFactory.CreateLogger(GetType());
        StateManager = new TrackedActorState(host.State, typeName, host.Id.GetId());
    }

    /// <summary>The host.</summary>
    public ActorHost Host { get; }

    /// <summary>The actor's id.</summary>
    public ActorId Id => Host.Id;

    /// <summary>Makes proxies of other actors.</summary>
    public IActorProxyFactory ProxyFactory => Host.ProxyFactory;

    /// <summary>The actor's state.</summary>
    public IActorStateManager StateManager { get; set; }

    /// <summary>The actor's logger.</summary>
    protected ILogger Logger { get; }

    /// <summary>Registers or replaces a timer, which ends with the activation; the callback is a method's name.</summary>
    public async Task<ActorTimer> RegisterTimerAsync(string timerName, string callback, byte[]? callbackParams, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ActorTimer(typeName, Id, timerName ?? $"{Id}_Timer_{Guid.NewGuid():N}", callback, callbackParams, dueTime, period);
        await Host.TimerManager.RegisterTimerAsync(timer).ConfigureAwait(false);
        return timer;
    }

    internal async Task ActivateAsync()
    {
        await StateManager.ClearCacheAsync().ConfigureAwait(false);
        await OnActivateAsync().ConfigureAwait(false);
        await SaveStateAsync().ConfigureAwait(false);
    }

    internal async Task DeactivateAsync()
    {
        await StateManager.ClearCacheAsync().ConfigureAwait(false);
        await OnDeactivateAsync().ConfigureAwait(false);
    }

    internal async Task<TResult> RunTurnAsync<TResult>(ActorMethodContext context, Func<Actor, Task<TResult>> method)
    {
        try
        {
            await OnPreActorMethodAsync(context).ConfigureAwait(false);
            var result = await method(this).ConfigureAwait(false);
            await OnPostActorMethodAsync(context).ConfigureAwait(false);
            await SaveStateAsync().ConfigureAwait(false);
            return result;
        }
        catch (Exception failure)
        {
            await OnActorMethodFailedAsync(context, failure).ConfigureAwait(false);
            await StateManager.ClearCacheAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Saves what was written so far; the end of the turn does it anyway.</summary>
    protected Task SaveStateAsync() => StateManager.SaveStateAsync();

    /// <summary>Called before the first turn.</summary>
    protected virtual Task OnActivateAsync() => Task.CompletedTask;

    /// <summary>Called when the sidecar deactivates the actor.</summary>
    protected virtual Task OnDeactivateAsync() => Task.CompletedTask;

    /// <summary>Called before each turn.</summary>
    protected virtual Task OnPreActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Called after each turn that did not throw, before its state is saved.</summary>
    protected virtual Task OnPostActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Called after each turn that threw.</summary>
    protected virtual Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e) => Task.CompletedTask;

    /// <summary>Registers or replaces a reminder; a negative period means once.</summary>
    protected async Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period)
    {
        var reminder = new ActorReminder(typeName, Id, reminderName, state, dueTime, period);
        await Host.TimerManager.RegisterReminderAsync(reminder).ConfigureAwait(false);
        return reminder;
    }

    /// <summary>Registers or replaces a reminder that fires a number of times.</summary>
    protected async Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period, int repetitions)
    {
        var reminder = new ActorReminder(typeName, Id, reminderName, state, dueTime, period, repetitions);
        await Host.TimerManager.RegisterReminderAsync(reminder).ConfigureAwait(false);
        return reminder;
    }

    /// <summary>Reads a reminder, or null.</summary>
    protected Task<IActorReminder?> GetReminderAsync(string reminderName) =>
        Host.TimerManager.GetReminderAsync(new ActorReminderToken(typeName, Id, reminderName));

    /// <summary>Removes a reminder; one that is not there is no error.</summary>
    protected Task UnregisterReminderAsync(string reminderName) =>
        Host.TimerManager.UnregisterReminderAsync(new ActorReminderToken(typeName, Id, reminderName));

    /// <summary>Removes a timer; one that is not there is no error.</summary>
    protected Task UnregisterTimerAsync(string timerName) =>
        Host.TimerManager.UnregisterTimerAsync(new ActorTimerToken(typeName, Id, timerName));
}
