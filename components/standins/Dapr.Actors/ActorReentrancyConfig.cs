namespace Dapr.Actors;

/// <summary>Whether an actor may be called again by a call that it makes itself.</summary>
public sealed class ActorReentrancyConfig
{
    /// <summary>Whether re-entrant calls are let in; default false.</summary>
    public bool Enabled { get; set; }

    /// <summary>How deep they may nest; null for the sidecar's default.</summary>
    public int? MaxStackDepth { get; set; }
}
