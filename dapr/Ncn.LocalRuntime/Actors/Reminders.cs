using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.Actors;

/// <summary>
/// Durable reminders: they fire at least once, whatever was restarted in between. 1. Saved before it is acknowledged.
/// 2. Fired when due, on whichever host has the actor then. 3. The next time is saved, or the row deleted, only after the
/// app has answered. A failed firing is repeated with back-off; a periodic one gives up after three and waits for its next.
/// </summary>
internal sealed class Reminders(ReminderStore store, ActorCaller caller, TimeProvider time, CancellationToken stopping)
{
    private const int PeriodicRetries = 3;
    private static readonly RetryPolicy Retry = new(Exponential: true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), -1);
    private readonly Lock gate = new();
    private readonly Dictionary<ReminderKey, (ActorSchedule Schedule, CancellationTokenSource Cancel)> running = [];

    public void Start() => store.ReadAll().ForEach(reminder => Run(reminder.Key, reminder.Schedule));

    public async Task SetAsync(ReminderKey key, ActorSchedule schedule)
    {
        await store.SaveAsync(key, schedule);
        Run(key, schedule);
    }

    public async Task DeleteAsync(ReminderKey key)
    {
        Stop(key);
        await store.DeleteAsync(key);
    }

    public ActorSchedule? Find(ReminderKey key)
    {
        lock (gate)
        {
            return running.TryGetValue(key, out var entry) ? entry.Schedule : null;
        }
    }

    private void Run(ReminderKey key, ActorSchedule schedule)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        lock (gate)
        {
            Stop(key);
            running[key] = (schedule, cancel);
        }

        _ = Task.Run(() => RunAsync(key, schedule, cancel), CancellationToken.None);
    }

    private void Stop(ReminderKey key)
    {
        lock (gate)
        {
            if (running.Remove(key, out var entry))
            {
                entry.Cancel.Cancel();
            }
        }
    }

    private async Task RunAsync(ReminderKey key, ActorSchedule schedule, CancellationTokenSource cancel)
    {
        try
        {
            for (ActorSchedule? next = schedule; next is not null; next = await AdvanceAsync(key, next, cancel))
            {
                await LongDelay.UntilAsync(next.Due, time, cancel.Token);
                if (next.Expires > time.GetUtcNow() || next.Expires is null)
                {
                    await FireAsync(key, next, cancel.Token);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Deleted, replaced, or the runtime stops; in the last case the row stays.
        }
        catch (Exception error)
        {
            RuntimeLog.Write("actors", $"reminder {key.Name} of {key.Actor} stopped: {error}");
        }
    }

    private async Task FireAsync(ReminderKey key, ActorSchedule schedule, CancellationToken cancelled)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await TryFireAsync(key, schedule, cancelled) || (schedule.Period is not null && attempt > PeriodicRetries))
            {
                return;
            }

            await Task.Delay(Retry.DelayBefore(attempt), time, cancelled);
        }
    }

    private async Task<bool> TryFireAsync(ReminderKey key, ActorSchedule schedule, CancellationToken cancelled)
    {
        try
        {
            var call = new ActorCall(key.Actor, "method/remind/" + Uri.EscapeDataString(key.Name), schedule.ToBody(), "application/json", [], null);
            var answer = await caller.CallAsync(call, cancelled);
            if (!answer.IsSuccess)
            {
                RuntimeLog.Write("actors", $"reminder {key.Name} of {key.Actor}: the app answered {answer.Status}");
            }

            return answer.IsSuccess;
        }
        catch (Exception error) when (!cancelled.IsCancellationRequested && error is HttpRequestException or NoActorHostException or TimeoutException or ApiException or CircuitOpenException)
        {
            RuntimeLog.Write("actors", $"reminder {key.Name} of {key.Actor}: {error.Message}");
            return false;
        }
    }

    /// <summary>Saves what follows the firing, unless the app replaced or deleted the reminder within it.</summary>
    private async Task<ActorSchedule?> AdvanceAsync(ReminderKey key, ActorSchedule fired, CancellationTokenSource cancel)
    {
        var next = fired.AfterFiring(time.GetUtcNow());
        lock (gate)
        {
            cancel.Token.ThrowIfCancellationRequested();
            if (next is null)
            {
                running.Remove(key);
            }
            else
            {
                running[key] = (next, cancel);
            }
        }

        await (next is null ? store.DeleteAsync(key) : store.SaveAsync(key, next));
        return next;
    }
}
