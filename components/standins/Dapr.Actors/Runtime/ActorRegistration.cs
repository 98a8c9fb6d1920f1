using System.Collections.ObjectModel;

namespace Dapr.Actors.Runtime;

/// <summary>An actor type that the app hosts.</summary>
public sealed class ActorRegistration
{
    /// <summary>Registers a type with the app's options.</summary>
    public ActorRegistration(ActorTypeInformation type) : this(type, null!)
    {
    }

    /// <summary>Registers a type with options of its own; null for the app's.</summary>
    public ActorRegistration(ActorTypeInformation type, ActorRuntimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        TypeOptions = options;
    }

    /// <summary>The type.</summary>
    public ActorTypeInformation Type { get; }

    /// <summary>Its own options, or null.</summary>
    public ActorRuntimeOptions? TypeOptions { get; }
}

/// <summary>The actor types that the app hosts.</summary>
public sealed class ActorRegistrationCollection : KeyedCollection<ActorTypeInformation, ActorRegistration>
{
    /// <summary>Hosts an actor type.</summary>
    public void RegisterActor<TActor>(Action<ActorRegistration>? configure = null)
        where TActor : Actor =>
        RegisterActor<TActor>(null!, null!, configure);

    /// <summary>Hosts an actor type with options of its own.</summary>
    public void RegisterActor<TActor>(ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor =>
        RegisterActor<TActor>(null!, typeOptions, configure);

    /// <summary>Hosts an actor type under a name.</summary>
    public void RegisterActor<TActor>(string actorTypeName, Action<ActorRegistration>? configure = null)
        where TActor : Actor =>
        RegisterActor<TActor>(actorTypeName, null!, configure);

    /// <summary>Hosts an actor type under a name with options of its own.</summary>
    public void RegisterActor<TActor>(string actorTypeName, ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor
    {
        var registration = new ActorRegistration(ActorTypeInformation.Get(typeof(TActor), actorTypeName), typeOptions);
        configure?.Invoke(registration);
        Add(registration);
    }

    /// <inheritdoc/>
    protected override ActorTypeInformation GetKeyForItem(ActorRegistration item) => item.Type;
}
