using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.Actors;

/// <summary>Deactivates actors that were idle for their type's time, and forgets those whose host has ended.</summary>
internal sealed class IdleActors : IDisposable
{
    private static readonly TimeSpan ScanInterval = TimeSpan.FromSeconds(1);
    private readonly ActorTable table;
    private readonly ActorCaller caller;
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private int scanning;

    public IdleActors(ActorTable table, ActorCaller caller, AppDirectory apps, TimeProvider time)
    {
        (this.table, this.caller, this.time) = (table, caller, time);
        apps.Left += ForgetTimers;
        timer = time.CreateTimer(_ => _ = ScanAsync(), null, ScanInterval, ScanInterval);
    }

    public void Dispose() => timer.Dispose();

    private void ForgetTimers(AppInstance app)
    {
        foreach (var actor in table.All.Where(actor => actor.Host?.App == app))
        {
            actor.CancelTimers();
        }
    }

    private async Task ScanAsync()
    {
        if (Interlocked.Exchange(ref scanning, 1) == 1)
        {
            return;
        }

        try
        {
            foreach (var actor in table.All.Where(actor => actor.Turns.IsIdle && IsUnused(actor)))
            {
                await caller.DeactivateAsync(actor, IsUnused);
            }
        }
        catch (Exception error)
        {
            RuntimeLog.Write("actors", $"scan for idle actors: {error}");
        }
        finally
        {
            Volatile.Write(ref scanning, 0);
        }
    }

    private bool IsUnused(Actor actor) => actor.Host switch
    {
        null => false,
        { IsAlive: false } => true,
        { App.Presence: { } presence } => time.GetUtcNow() - actor.LastUsed > presence.Actors.SettingsOf(actor.Key.Type).IdleTimeout,
        _ => false,
    };
}
