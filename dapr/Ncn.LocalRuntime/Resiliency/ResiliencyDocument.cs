namespace Ncn.LocalRuntime.Resiliency;

/// <summary>The YAML shape: https://docs.dapr.io/operations/resiliency/resiliency-overview/.</summary>
internal sealed class ResiliencyDocument
{
    public SpecEntry Spec { get; set; } = new();
}

internal sealed class SpecEntry
{
    public PoliciesEntry Policies { get; set; } = new();

    public TargetsEntry Targets { get; set; } = new();
}

internal sealed class PoliciesEntry
{
    public Dictionary<string, string> Timeouts { get; set; } = [];

    public Dictionary<string, RetryEntry> Retries { get; set; } = [];

    public Dictionary<string, BreakerEntry> CircuitBreakers { get; set; } = [];
}

internal sealed class RetryEntry
{
    public string Policy { get; set; } = "constant";

    public string? Duration { get; set; }

    public string MaxInterval { get; set; } = "60s";

    public int MaxRetries { get; set; } = -1;

    public MatchingEntry Matching { get; set; } = new();
}

internal sealed class MatchingEntry
{
    public string? HttpStatusCodes { get; set; }
}

internal sealed class BreakerEntry
{
    public string Timeout { get; set; } = "60s";

    public string Trip { get; set; } = "consecutiveFailures > 5";
}

internal sealed class TargetsEntry
{
    public Dictionary<string, TargetEntry> Apps { get; set; } = [];

    public Dictionary<string, TargetEntry> Actors { get; set; } = [];

    public Dictionary<string, ComponentTargetEntry> Components { get; set; } = [];
}

internal sealed class TargetEntry
{
    public string? Timeout { get; set; }

    public string? Retry { get; set; }

    public string? CircuitBreaker { get; set; }
}

internal sealed class ComponentTargetEntry
{
    public TargetEntry Inbound { get; set; } = new();

    public TargetEntry Outbound { get; set; } = new();
}
