namespace Dapr.Actors.Runtime;

/// <summary>Makes and discards actor instances.</summary>
public abstract class ActorActivator
{
    /// <summary>Creates the base.</summary>
    protected ActorActivator()
    {
    }

    /// <summary>Makes an instance.</summary>
    public abstract Task<ActorActivatorState> CreateAsync(ActorHost host);

    /// <summary>Discards an instance.</summary>
    public abstract Task DeleteAsync(ActorActivatorState state);
}

/// <summary>Makes an activator for each actor type.</summary>
public abstract class ActorActivatorFactory
{
    /// <summary>Creates the base.</summary>
    protected ActorActivatorFactory()
    {
    }

    /// <summary>Makes the activator of a type.</summary>
    public abstract ActorActivator CreateActivator(ActorTypeInformation type);
}

/// <summary>An instance and what its activator keeps with it.</summary>
public class ActorActivatorState
{
    /// <summary>Wraps an instance.</summary>
    public ActorActivatorState(Actor actor) => Actor = actor;

    /// <summary>The instance.</summary>
    public Actor Actor { get; }
}
