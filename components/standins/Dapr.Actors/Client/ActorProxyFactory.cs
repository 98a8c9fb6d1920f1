using System.Collections.Concurrent;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Client;

/// <summary>Creates proxies that share connections.</summary>
public class ActorProxyFactory : IActorProxyFactory
{
    private readonly HttpMessageHandler handler;
    private readonly ConcurrentDictionary<(string? Endpoint, string? Token, TimeSpan? Timeout), ActorSidecar> sidecars = new();
    private ActorProxyOptions defaultOptions;

    /// <summary>Creates the factory; without a handler it uses the process's shared connections.</summary>
    public ActorProxyFactory(ActorProxyOptions? options = null, HttpMessageHandler? handler = null)
    {
        defaultOptions = options ?? new ActorProxyOptions();
        this.handler = handler ?? ActorSidecar.SharedHandler;
    }

    /// <summary>Options of proxies that are created without any.</summary>
    public ActorProxyOptions DefaultOptions
    {
        get => defaultOptions;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            defaultOptions = value;
        }
    }

    /// <inheritdoc/>
    public TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor =>
        (TActorInterface)CreateActorProxy(actorId, typeof(TActorInterface), actorType, options);

    /// <inheritdoc/>
    public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentNullException.ThrowIfNull(actorInterfaceType);
        ArgumentException.ThrowIfNullOrWhiteSpace(actorType);
        var chosen = options ?? DefaultOptions;
        if (!chosen.UseJsonSerialization)
        {
            throw new NotSupportedException(Wire.JsonRemotingOnly);
        }
        return RemotingProxy.Create(ActorInterface.Get(actorInterfaceType), actorId, actorType, SidecarFor(chosen), chosen.JsonSerializerOptions);
    }

    /// <inheritdoc/>
    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentException.ThrowIfNullOrWhiteSpace(actorType);
        var chosen = options ?? DefaultOptions;
        return new ActorProxy(actorId, actorType, SidecarFor(chosen), chosen.JsonSerializerOptions);
    }

    // Proxies are made for every call; what they share is not. An app knows one or two endpoints in its whole life.
    private ActorSidecar SidecarFor(ActorProxyOptions options) => sidecars.GetOrAdd(
        (options.HttpEndpoint, options.DaprApiToken, options.RequestTimeout),
        static (key, own) => new ActorSidecar(own, key.Endpoint, key.Token, key.Timeout),
        handler);
}
