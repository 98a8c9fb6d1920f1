using System.Reflection;
using Dapr.Actors.Communication;

namespace Dapr.Actors.Runtime;

/// <summary>An actor class and what it implements.</summary>
public sealed class ActorTypeInformation
{
    private ActorTypeInformation(Type type, string name)
    {
        ImplementationType = type;
        ActorTypeName = name;
        Interfaces = [.. ActorInterface.ImplementedBy(type).Select(ActorInterface.Get)];
    }

    /// <summary>The name that callers use.</summary>
    public string ActorTypeName { get; }

    /// <summary>The class.</summary>
    public Type ImplementationType { get; }

    /// <summary>Its actor interfaces.</summary>
    public IEnumerable<Type> InterfaceTypes => Interfaces.Select(contract => contract.Type);

    /// <summary>Whether the class is abstract.</summary>
    public bool IsAbstract => ImplementationType.IsAbstract;

    /// <summary>Whether it takes reminders.</summary>
    public bool IsRemindable => typeof(IRemindable).IsAssignableFrom(ImplementationType);

    internal IReadOnlyList<ActorInterface> Interfaces { get; }

    /// <summary>Inspects a class.</summary>
    public static ActorTypeInformation Get(Type actorType) => Get(actorType, null!);

    /// <summary>Inspects a class and gives it a name; null for the attribute's or the class's own.</summary>
    public static ActorTypeInformation Get(Type actorType, string actorTypeName)
    {
        ArgumentNullException.ThrowIfNull(actorType);
        if (!typeof(Actor).IsAssignableFrom(actorType))
        {
            throw new ArgumentException($"The type '{actorType.FullName}' is not an actor: it must derive from Actor.", nameof(actorType));
        }
        var name = actorTypeName ?? actorType.GetCustomAttribute<ActorAttribute>()?.TypeName ?? actorType.Name;
        var information = new ActorTypeInformation(actorType, name);
        if (information.Interfaces.Count == 0 && !actorType.IsAbstract)
        {
            throw new ArgumentException($"The type '{actorType.FullName}' implements no actor interface.", nameof(actorType));
        }
        return information;
    }
}
