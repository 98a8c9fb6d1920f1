namespace Ncn.Serving.Observability;

/// <summary>What a gateway tells about itself, and to whom (section <c>Ncn:Gateway:Observability</c>).</summary>
public sealed class ObservabilityOptions
{
    /// <summary>Whether <c>/metrics</c> answers whoever reaches the port; default false: this machine alone.</summary>
    public bool MetricsOpen { get; set; }
}
