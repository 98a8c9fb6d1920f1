using System.Globalization;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.Actors;

/// <summary>A call of an actor: <paramref name="Tail"/> is the path below the actor, such as <c>method/Add</c>.</summary>
internal sealed record ActorCall(ActorKey Key, string Tail, byte[] Body, string? ContentType, IReadOnlyList<KeyValuePair<string, string>> Headers, string? ReentrancyId);

/// <summary>No app that hosts the type answers.</summary>
internal sealed class NoActorHostException(ActorKey key)
    : Exception($"did not find address for actor {key}: no running app hosts the type {key.Type}");

/// <summary>
/// Runs turns. 1. Enter the actor's turn. 2. Place the actor among the hosts that answer now. 3. If it lived on another
/// host, deactivate it there. 4. Call it. 5. Leave the turn when the app has answered, even when the caller has gone or
/// its time is over, because the app is still at work until then.
/// </summary>
internal sealed class ActorCaller(ActorTable table, AppDirectory apps, ResiliencyPolicies policies, TimeProvider time)
{
    private const string ReentrancyHeader = "Dapr-Reentrancy-Id";
    private static readonly TimeSpan HostWait = TimeSpan.FromSeconds(10);

    public Task<AppAnswer> CallAsync(ActorCall call, CancellationToken cancellation) => PolicyRunner.RunAsync(
        policies.ForActor(call.Key.Type),
        token => StartTurnAsync(call, token),
        answer => !answer.IsSuccess && answer.Status >= 500,
        error => error is NoActorHostException,
        cancellation);

    /// <summary>Deactivates the actor if it is active and nobody uses it.</summary>
    public async Task DeactivateAsync(Actor actor, Func<Actor, bool> condition)
    {
        if (await table.EnterAsync(actor.Key, null, 1, CancellationToken.None) is not { } entered)
        {
            return;
        }

        try
        {
            if (entered == actor && condition(actor))
            {
                await LeaveHostAsync(actor);
                table.Retire(actor);
            }
        }
        finally
        {
            entered.Turns.Exit();
        }
    }

    private async Task<AppAnswer> StartTurnAsync(ActorCall call, CancellationToken cancellation)
    {
        var settings = (apps.HostsOf(call.Key.Type) is [var first, ..] ? first : null)?.Presence?.Actors.SettingsOf(call.Key.Type);
        var reentrancyId = settings?.Reentrant == true ? call.ReentrancyId ?? Guid.NewGuid().ToString() : null;
        var actor = await table.EnterAsync(call.Key, reentrancyId, settings?.MaxStackDepth ?? 1, cancellation)
            ?? throw new ApiException(429, "ERR_ACTOR_STACK_DEPTH", $"actor {call.Key} has too many waiting or nested calls");
        return await RunTurnAsync(actor, call, reentrancyId, cancellation).WaitAsync(cancellation);
    }

    private async Task<AppAnswer> RunTurnAsync(Actor actor, ActorCall call, string? reentrancyId, CancellationToken cancellation)
    {
        try
        {
            var deadline = time.GetUtcNow() + HostWait;
            while (true)
            {
                var host = await PlaceAsync(actor, deadline, cancellation);
                try
                {
                    return await SendAsync(host, call, reentrancyId);
                }
                catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError && time.GetUtcNow() < deadline)
                {
                    // The app refused the connection, so it has seen nothing of the call: it is safe to place it again.
                    await apps.WaitAsync(() => !host.IsAlive, TimeSpan.FromMilliseconds(200), cancellation);
                }
            }
        }
        finally
        {
            actor.LastUsed = time.GetUtcNow();
            actor.Turns.Exit();
        }
    }

    private static Task<AppAnswer> SendAsync(ActorHost host, ActorCall call, string? reentrancyId)
    {
        var headers = reentrancyId is null ? call.Headers : [.. call.Headers, KeyValuePair.Create(ReentrancyHeader, reentrancyId)];
        return host.App.Channel.ExchangeAsync(HttpMethod.Put, call.Key.PathTo(call.Tail), call.Body, call.ContentType, headers, CancellationToken.None);
    }

    private async Task<ActorHost> PlaceAsync(Actor actor, DateTimeOffset deadline, CancellationToken cancellation)
    {
        var key = actor.Key;
        IReadOnlyList<AppInstance> hosts = [];
        if (!await apps.WaitAsync(() => (hosts = apps.HostsOf(key.Type)).Count > 0, Positive(deadline - time.GetUtcNow()), cancellation))
        {
            throw new NoActorHostException(key);
        }

        var chosen = hosts[Placement.Choose([.. hosts.Select(Name)], key.Type, key.Id)];
        if (chosen.Presence is not { } presence)
        {
            throw new NoActorHostException(key);
        }

        var host = new ActorHost(chosen, presence.Generation);
        if (actor.Host != host)
        {
            await LeaveHostAsync(actor);
            actor.Host = host;
        }

        return host;
    }

    private static async Task LeaveHostAsync(Actor actor)
    {
        actor.CancelTimers();
        if (actor.Host is not { IsAlive: true } old)
        {
            return;
        }

        try
        {
            await old.App.Channel.ExchangeAsync(HttpMethod.Delete, actor.Key.PathTo(""), null, null, null, CancellationToken.None);
        }
        catch (HttpRequestException error)
        {
            Supervision.RuntimeLog.Write(old.App.AppId, $"deactivation of {actor.Key}: {error.Message}");
        }
    }

    private static string Name(AppInstance app) => string.Create(CultureInfo.InvariantCulture, $"{app.AppId}:{app.Spec.AppPort}");

    private static TimeSpan Positive(TimeSpan value) => value > TimeSpan.Zero ? value : TimeSpan.Zero;
}
