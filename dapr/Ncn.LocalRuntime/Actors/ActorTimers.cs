using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.Actors;

/// <summary>Timers: they live as long as the actor's activation does, and are lost with it, as in Dapr.</summary>
internal sealed class ActorTimers(ActorTable table, ActorCaller caller, TimeProvider time, CancellationToken stopping)
{
    public void Set(Actor actor, string name, ActorSchedule schedule)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        actor.CancelTimer(name);
        actor.Timers[name] = cancel;
        _ = Task.Run(() => RunAsync(actor, name, schedule, cancel.Token), CancellationToken.None);
    }

    public Actor? Find(ActorKey key) => table.Find(key) is { IsRetired: false, Host.IsAlive: true } actor ? actor : null;

    private async Task RunAsync(Actor actor, string name, ActorSchedule schedule, CancellationToken cancelled)
    {
        try
        {
            for (ActorSchedule? next = schedule; next is not null; next = next.AfterFiring(time.GetUtcNow()))
            {
                await LongDelay.UntilAsync(next.Due, time, cancelled);
                await FireAsync(actor, name, next, cancelled);
            }

            actor.CancelTimer(name);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            // Deleted, replaced, or the actor was deactivated.
        }
    }

    private async Task FireAsync(Actor actor, string name, ActorSchedule schedule, CancellationToken cancelled)
    {
        try
        {
            await caller.CallAsync(new ActorCall(actor.Key, "method/timer/" + Uri.EscapeDataString(name), schedule.ToBody(), "application/json", [], null), cancelled);
        }
        catch (Exception error) when (!cancelled.IsCancellationRequested && error is HttpRequestException or NoActorHostException or TimeoutException or ApiException)
        {
            RuntimeLog.Write("actors", $"timer {name} of {actor.Key}: {error.Message}");
        }
    }
}

/// <summary>Waits of any length; <see cref="Task.Delay(TimeSpan)"/> ends at 49 days.</summary>
internal static class LongDelay
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static async Task UntilAsync(DateTimeOffset due, TimeProvider time, CancellationToken cancellation)
    {
        for (var wait = due - time.GetUtcNow(); wait > TimeSpan.Zero; wait = due - time.GetUtcNow())
        {
            await Task.Delay(wait < Longest ? wait : Longest, time, cancellation);
        }
    }
}
