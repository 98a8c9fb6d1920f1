using System.Text.Json;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.State;

namespace Ncn.LocalRuntime.Actors;

/// <summary>The actors API: https://docs.dapr.io/reference/api/actors_api/.</summary>
internal sealed class ActorsApi(ActorCaller caller, ActorTimers timers, Reminders reminders, StateStores stores, TimeProvider time) : IBuildingBlock
{
    public Task? Handle(ApiCall call) => call.Segments switch
    {
        ["v1.0", "actors", var type, var id, "method", var method] => InvokeAsync(call, new ActorKey(type, id), method),
        ["v1.0", "actors", var type, var id, "state"] when call.IsWrite => SaveStateAsync(call, new ActorKey(type, id)),
        ["v1.0", "actors", var type, var id, "state", var key] when call.IsGet => GetStateAsync(call, new ActorKey(type, id), key),
        ["v1.0", "actors", var type, var id, "reminders", var name] => HandleReminderAsync(call, new ReminderKey(new ActorKey(type, id), name)),
        ["v1.0", "actors", var type, var id, "timers", var name] => HandleTimerAsync(call, new ActorKey(type, id), name),
        _ => null,
    };

    private async Task InvokeAsync(ApiCall call, ActorKey key, string method)
    {
        var body = await call.ReadBodyAsync();
        var request = new ActorCall(
            key, "method/" + Uri.EscapeDataString(method), body, call.Context.Request.ContentType, HeaderRules.ForActor(call.Context.Request.Headers), call.Header("Dapr-Reentrancy-Id"));
        var answer = await CallAsync(request, call.Aborted);
        if (!answer.IsSuccess)
        {
            throw new ApiException(500, "ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: error from actor service: ({answer.Status}) {Excerpt(answer.Body)}");
        }

        HeaderRules.CopyTo(call.Context.Response.Headers, answer.Headers);
        await call.BytesAsync(answer.Status, answer.ContentType, answer.Body);
    }

    private async Task<AppAnswer> CallAsync(ActorCall request, CancellationToken aborted)
    {
        try
        {
            return await caller.CallAsync(request, aborted);
        }
        catch (NoActorHostException error)
        {
            throw new ApiException(400, "ERR_ACTOR_NO_ADDRESS", error.Message, error);
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutException or CircuitOpenException)
        {
            throw new ApiException(500, "ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: {request.Key}: {error.Message}", error);
        }
    }

    private async Task SaveStateAsync(ApiCall call, ActorKey key)
    {
        var store = OpenStore(call, key);
        var body = await call.ReadJsonAsync();
        try
        {
            var operations = StateRequests.ParseTransaction(body, name => StateKeys.ForActor(call.App.AppId, key.Type, key.Id, name));
            await store.TransactAsync(operations);
        }
        catch (FormatException error)
        {
            throw ApiException.Malformed(error.Message);
        }
        catch (ETagMismatchException error)
        {
            throw new ApiException(500, "ERR_ACTOR_STATE_TRANSACTION_SAVE", $"error saving actor transaction state: {error.Message}", error);
        }

        await call.NoContentAsync();
    }

    private Task GetStateAsync(ApiCall call, ActorKey key, string name)
    {
        if (OpenStore(call, key).Get(StateKeys.ForActor(call.App.AppId, key.Type, key.Id, name)) is not { } item)
        {
            return call.NoContentAsync();
        }

        StateApi.AddExpiry(call, item);
        return call.BytesAsync(200, "application/json", item.Value);
    }

    private StateStore OpenStore(ApiCall call, ActorKey key)
    {
        CheckHosted(call, key);
        var component = StateStores.ActorStoreOf(call.App.Components)
            ?? throw new ApiException(500, "ERR_ACTOR_STATE_STORE_NOT_CONFIGURED", "no state store component with actorStateStore \"true\" is in the app's scope");
        return stores[component];
    }

    private static void CheckHosted(ApiCall call, ActorKey key)
    {
        if (call.App.Presence?.Actors.Hosts(key.Type) != true)
        {
            throw new ApiException(400, "ERR_ACTOR_INSTANCE_MISSING", $"actor instance is missing: app {call.App.AppId} does not host the type {key.Type}");
        }
    }

    private Task HandleReminderAsync(ApiCall call, ReminderKey key)
    {
        if (call.IsGet)
        {
            return reminders.Find(key) is { } found
                ? call.BytesAsync(200, "application/json", found.ToBody())
                : throw new ApiException(500, "ERR_ACTOR_REMINDER_GET", $"error getting actor reminder: {key.Actor} has no reminder {key.Name}");
        }

        return call.IsDelete ? Then(call, reminders.DeleteAsync(key)) : call.IsWrite ? SetReminderAsync(call, key) : throw NoSuchMethod(call);
    }

    private async Task SetReminderAsync(ApiCall call, ReminderKey key)
    {
        CheckHosted(call, key.Actor);
        await reminders.SetAsync(key, Parse(await call.ReadJsonAsync()));
        await call.NoContentAsync();
    }

    private async Task HandleTimerAsync(ApiCall call, ActorKey key, string name)
    {
        if (call.IsDelete)
        {
            timers.Find(key)?.CancelTimer(name);
            await call.NoContentAsync();
            return;
        }

        var schedule = call.IsWrite ? Parse(await call.ReadJsonAsync()) : throw NoSuchMethod(call);
        var actor = timers.Find(key) ?? throw new ApiException(500, "ERR_ACTOR_TIMER_CREATE", $"error creating actor timer: {key} is not active");
        timers.Set(actor, name, schedule);
        await call.NoContentAsync();
    }

    private ActorSchedule Parse(JsonElement body)
    {
        try
        {
            return ActorSchedule.Parse(body, time.GetUtcNow());
        }
        catch (FormatException error)
        {
            throw ApiException.Malformed(error.Message);
        }
    }

    private static async Task Then(ApiCall call, Task work)
    {
        await work;
        await call.NoContentAsync();
    }

    private static ApiException NoSuchMethod(ApiCall call) => new(405, "ERR_NOT_FOUND", $"{call.Method} is not a method of this path");

    private static string Excerpt(byte[] body) => System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 1024)));
}
