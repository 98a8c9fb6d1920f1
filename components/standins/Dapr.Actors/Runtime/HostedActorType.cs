using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Communication;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>The active instances of one actor type, and how calls from the sidecar reach them.</summary>
internal sealed class HostedActorType(
    ActorTypeInformation type,
    ActorActivator activator,
    JsonSerializerOptions json,
    bool useJsonRemoting,
    ILoggerFactory loggerFactory,
    IActorProxyFactory proxyFactory,
    ActorSidecar sidecar)
{
    private const BindingFlags AnyInstanceMethod = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private readonly ConcurrentDictionary<ActorId, ActorActivatorState> active = new();
    private readonly SidecarActorState state = new(sidecar, json);
    private readonly SidecarActorTimers timers = new(sidecar);

    /// <summary>Runs a typed call and returns the body of its answer.</summary>
    internal async Task<byte[]> CallAsync(ActorId id, string methodName, string headerXml, byte[] body, CancellationToken cancellationToken)
    {
        if (!useJsonRemoting)
        {
            throw new NotSupportedException(Wire.JsonRemotingOnly);
        }
        var method = Find(methodName, RequestHeader.Parse(headerXml).InterfaceId);
        var arguments = RemotingBody.ReadArguments(method, body, json);
        var result = await RunAsync(id, MethodContext(methodName), actor => method.RunAsync(actor, arguments, cancellationToken)).ConfigureAwait(false);
        return method.WriteResult(result, json);
    }

    /// <summary>Runs a call by name, whose one argument and result are bare JSON.</summary>
    internal async Task<byte[]> CallWithoutRemotingAsync(ActorId id, string methodName, byte[] body, CancellationToken cancellationToken)
    {
        var method = Find(methodName, null);
        if (method.Arguments.Count > 1)
        {
            throw new ArgumentException($"Method {type.ActorTypeName}.{methodName} has more than one parameter and can't be invoked through http");
        }
        object?[] arguments = [.. method.Arguments.Select(argument => JsonSerializer.Deserialize(body, argument.Type, json))];
        var result = await RunAsync(id, MethodContext(methodName), actor => method.RunAsync(actor, arguments, cancellationToken)).ConfigureAwait(false);
        return method.WriteBareResult(result, json);
    }

    /// <summary>Wakes an actor by a reminder; one that takes none ignores it.</summary>
    internal async Task RemindAsync(ActorId id, string reminderName, byte[] body)
    {
        if (!type.IsRemindable)
        {
            return;
        }
        var reminder = ReminderBody.Parse(body);
        await RunAsync(id, new ActorMethodContext("ReceiveReminderAsync", ActorCallType.ReminderMethod), async actor =>
        {
            await ((IRemindable)actor).ReceiveReminderAsync(
                reminderName, reminder?.Data ?? [], ActorDuration.Parse(reminder?.DueTime), ActorDuration.Parse(reminder?.Period)).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Wakes an actor by a timer; the answer is the callback's own boolean, or false.</summary>
    internal Task<bool> FireTimerAsync(ActorId id, byte[] body)
    {
        var timer = TimerBody.Parse(body);
        var callback = CallbackOf(timer?.Callback);
        return RunAsync(id, new ActorMethodContext("TimerCallback", ActorCallType.TimerMethod), async actor =>
        {
            var task = (Task)callback.Invoke(actor, callback.GetParameters().Length == 0 ? null : [timer?.Data ?? []])!;
            await task.ConfigureAwait(false);
            return task is Task<bool> { Result: true };
        });
    }

    internal async Task DeactivateAsync(ActorId id)
    {
        if (active.TryRemove(id, out var instance))
        {
            await DiscardAsync(instance).ConfigureAwait(false);
        }
    }

    private static ActorMethodContext MethodContext(string methodName) => new(methodName, ActorCallType.ActorInterfaceMethod);

    private async Task<TResult> RunAsync<TResult>(ActorId id, ActorMethodContext context, Func<Actor, Task<TResult>> method)
    {
        if (!active.TryGetValue(id, out var instance))
        {
            instance = await ActivateAsync(id).ConfigureAwait(false);
        }
        return await instance.Actor.RunTurnAsync(context, method).ConfigureAwait(false);
    }

    private async Task<ActorActivatorState> ActivateAsync(ActorId id)
    {
        var host = new ActorHost(type, id, json, loggerFactory, proxyFactory, timers, state);
        var instance = await activator.CreateAsync(host).ConfigureAwait(false);
        try
        {
            await instance.Actor.ActivateAsync().ConfigureAwait(false);
        }
        catch
        {
            await activator.DeleteAsync(instance).ConfigureAwait(false);
            throw;
        }
        var kept = active.GetOrAdd(id, instance);
        if (!ReferenceEquals(kept, instance))
        {
            await DiscardAsync(instance).ConfigureAwait(false);
        }
        return kept;
    }

    private async Task DiscardAsync(ActorActivatorState instance)
    {
        try
        {
            await instance.Actor.DeactivateAsync().ConfigureAwait(false);
        }
        finally
        {
            await activator.DeleteAsync(instance).ConfigureAwait(false);
        }
    }

    private ActorMethod Find(string methodName, int? interfaceId)
    {
        var candidates = type.Interfaces.Where(contract => contract.Methods.ContainsKey(methodName)).ToList();
        var chosen = candidates.Find(contract => contract.Id == interfaceId) ?? candidates.FirstOrDefault();
        return chosen?.Methods[methodName]
            ?? throw new MissingMethodException($"Actor type {type.ActorTypeName} doesn't have method {methodName}");
    }

    private MethodInfo CallbackOf(string? name)
    {
        var found = name is null ? null : type.ImplementationType.GetMethod(name, AnyInstanceMethod);
        if (found is null || !typeof(Task).IsAssignableFrom(found.ReturnType) || found.GetParameters().Length > 1)
        {
            throw new ArgumentException($"Actor type {type.ActorTypeName} has no timer callback '{name}' that takes nothing or bytes and returns a Task.");
        }
        return found;
    }
}
