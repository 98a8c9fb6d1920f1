using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Routing;

/// <summary>How nodes are chosen (section <c>Ncn:Gateway:Routing</c>).</summary>
public sealed class RoutingOptions
{
    /// <summary>Requests that may get a second node because the first is slow, percent: 0 (none) to 20, default 5.</summary>
    [Range(0, 20)]
    public int HedgePercent { get; set; } = 5;

    /// <summary>No second node is started before, milliseconds: 0 to 60,000, default 50.</summary>
    [Range(0, 60_000)]
    public int LeastHedgeMilliseconds { get; set; } = 50;

    /// <summary>First tokens of a model that must be measured before it is hedged: 1 to 500, default 20.</summary>
    [Range(1, 500)]
    public int HedgeSamples { get; set; } = 20;

    /// <summary>How long a node is left out after its first failure, milliseconds; it doubles with each further one: 100 to 300,000, default 5,000.</summary>
    [Range(100, 300_000)]
    public int EjectionMilliseconds { get; set; } = 5_000;

    /// <summary>How long a request that a node failed waits for another, seconds: 0 to 300, default 20.</summary>
    [Range(0, 300)]
    public int PatienceSeconds { get; set; } = 20;
}
