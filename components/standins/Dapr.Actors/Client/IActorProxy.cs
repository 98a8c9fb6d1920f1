namespace Dapr.Actors.Client;

/// <summary>Which actor a proxy stands for.</summary>
public interface IActorProxy
{
    /// <summary>The actor's id.</summary>
    ActorId ActorId { get; }

    /// <summary>The actor's type.</summary>
    string ActorType { get; }
}

/// <summary>Creates proxies.</summary>
public interface IActorProxyFactory
{
    /// <summary>Creates a typed proxy.</summary>
    TActorInterface CreateActorProxy<TActorInterface>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
        where TActorInterface : IActor;

    /// <summary>Creates a typed proxy.</summary>
    object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null);

    /// <summary>Creates a proxy that calls methods by name.</summary>
    ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null);
}
