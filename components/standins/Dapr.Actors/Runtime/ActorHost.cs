using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime gives to an actor's constructor.</summary>
public sealed class ActorHost
{
    internal ActorHost(ActorTypeInformation type, ActorId id, JsonSerializerOptions json, ILoggerFactory loggerFactory, IActorProxyFactory proxyFactory, ActorTimerManager timerManager, SidecarActorState state)
    {
        ActorTypeInfo = type;
        Id = id;
        JsonSerializerOptions = json;
        LoggerFactory = loggerFactory;
        ProxyFactory = proxyFactory;
        TimerManager = timerManager;
        State = state;
    }

    /// <summary>The actor's type.</summary>
    public ActorTypeInformation ActorTypeInfo { get; }

    /// <summary>The actor's id.</summary>
    public ActorId Id { get; }

    /// <summary>How state, arguments and results are written as JSON.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>Makes loggers.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>Makes proxies of other actors.</summary>
    public IActorProxyFactory ProxyFactory { get; }

    /// <summary>Registers reminders and timers.</summary>
    public ActorTimerManager TimerManager { get; }

    internal SidecarActorState State { get; }
}
