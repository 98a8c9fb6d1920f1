using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Actors.Communication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime gives to an actor's constructor.</summary>
public sealed class ActorHost
{
    internal ActorHost(ActorTypeInformation type, ActorId id, JsonSerializerOptions json, ILoggerFactory loggerFactory, IActorProxyFactory proxyFactory, ActorTimerManager timerManager)
    {
        ActorTypeInfo = type;
        Id = id;
        JsonSerializerOptions = json;
        LoggerFactory = loggerFactory;
        ProxyFactory = proxyFactory;
        TimerManager = timerManager;
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

    internal SidecarActorState? State { get; init; }

    /// <summary>A host for a test that makes the actor itself; give the actor a state manager of its own.</summary>
    public static ActorHost CreateForTest<TActor>(ActorTestOptions? options = null)
        where TActor : Actor =>
        CreateForTest(typeof(TActor), options);

    /// <summary>A host for a test that makes the actor itself; give the actor a state manager of its own.</summary>
    public static ActorHost CreateForTest(Type actorType, ActorTestOptions? options = null)
    {
        var chosen = options ?? new ActorTestOptions();
        var sidecar = new ActorSidecar(ActorSidecar.SharedHandler, null, null, null);
        return new ActorHost(
            ActorTypeInformation.Get(actorType),
            chosen.ActorId,
            chosen.JsonSerializerOptions,
            chosen.LoggerFactory,
            chosen.ProxyFactory ?? ActorProxy.DefaultProxyFactory,
            chosen.TimerManager ?? new SidecarActorTimers(sidecar));
    }
}

/// <summary>What a test gives to an actor that it makes itself.</summary>
public sealed class ActorTestOptions
{
    /// <summary>The actor's id; random by default.</summary>
    public ActorId ActorId { get; set; } = ActorId.CreateRandom();

    /// <summary>How state, arguments and results are written as JSON.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>Makes loggers; silent by default.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>Makes proxies of other actors.</summary>
    public IActorProxyFactory? ProxyFactory { get; set; }

    /// <summary>Registers reminders and timers.</summary>
    public ActorTimerManager? TimerManager { get; set; }
}
