using System.Collections.Concurrent;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.Actors;

/// <summary>A process that hosts an actor: the instance and which of its lives.</summary>
internal sealed record ActorHost(AppInstance App, int Generation)
{
    public bool IsAlive => App.Presence?.Generation == Generation;
}

/// <summary>One actor that is in use. Its fields but the timers are changed only within its turn.</summary>
internal sealed class Actor(ActorKey key)
{
    public ActorKey Key { get; } = key;

    public TurnQueue Turns { get; } = new();

    public ActorHost? Host { get; set; }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>Taken out of the table; whoever waited for a turn looks the actor up again.</summary>
    public bool IsRetired { get; set; }

    public ConcurrentDictionary<string, CancellationTokenSource> Timers { get; } = new();

    public void CancelTimers()
    {
        foreach (var name in Timers.Keys)
        {
            CancelTimer(name);
        }
    }

    public void CancelTimer(string name)
    {
        if (Timers.TryRemove(name, out var timer))
        {
            timer.Cancel();
        }
    }
}

/// <summary>The actors in use, and entry into their turns.</summary>
internal sealed class ActorTable
{
    private readonly ConcurrentDictionary<ActorKey, Actor> actors = new();

    public IEnumerable<Actor> All => actors.Values;

    public Actor? Find(ActorKey key) => actors.GetValueOrDefault(key);

    /// <summary>Enters the actor's turn; the caller must call <see cref="TurnQueue.Exit"/> on it. Null when it is overloaded.</summary>
    public async Task<Actor?> EnterAsync(ActorKey key, string? reentrancyId, int maxDepth, CancellationToken cancellation)
    {
        while (true)
        {
            var actor = actors.GetOrAdd(key, static key => new Actor(key));
            if (!await actor.Turns.EnterAsync(reentrancyId, maxDepth, cancellation))
            {
                return null;
            }

            if (!actor.IsRetired)
            {
                return actor;
            }

            actor.Turns.Exit();
        }
    }

    /// <summary>Takes the actor out; called within its turn.</summary>
    public void Retire(Actor actor)
    {
        actor.IsRetired = true;
        actor.CancelTimers();
        actors.TryRemove(actor.Key, out _);
    }

    public IReadOnlyDictionary<string, int> CountActive(AppInstance app)
    {
        var counts = (app.Presence?.Actors.Names ?? []).ToDictionary(name => name, _ => 0);
        foreach (var actor in actors.Values.Where(actor => actor.Host is { IsAlive: true } host && host.App == app))
        {
            counts[actor.Key.Type] = counts.GetValueOrDefault(actor.Key.Type) + 1;
        }

        return counts;
    }
}
