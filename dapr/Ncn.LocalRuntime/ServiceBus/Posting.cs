using System.Text.Json.Nodes;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>A message as its sender gave it, checked. Broker and User are JSON objects.</summary>
internal sealed record Posting(string MessageId, byte[] Body, string? ContentType, JsonObject Broker, JsonObject User)
{
    public TimeSpan? TimeToLive { get; init; }

    public DateTimeOffset? ScheduledFor { get; init; }
}

/// <summary>A message as a receiver gets it.</summary>
internal sealed record Delivery(long Sequence, byte[] Body, string? ContentType, JsonObject Broker, JsonObject User)
{
    public required long EnqueuedAt { get; init; }

    public required int Deliveries { get; init; }

    public string? LockToken { get; init; }

    public long LockedUntil { get; init; }
}
