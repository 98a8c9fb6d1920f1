namespace Dapr.Actors.Runtime;

/// <summary>Gives an actor class its type name; the class name otherwise.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ActorAttribute : Attribute
{
    /// <summary>The actor's type name.</summary>
    public string? TypeName { get; set; }
}
