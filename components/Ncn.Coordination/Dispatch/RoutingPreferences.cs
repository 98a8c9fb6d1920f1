namespace Ncn.Coordination.Dispatch;

/// <summary>What a caller wants of the nodes that may run its request. Empty: any node that serves the model.</summary>
public sealed record RoutingPreferences
{
    /// <summary>Nothing is preferred.</summary>
    public static RoutingPreferences None { get; } = new();
}
