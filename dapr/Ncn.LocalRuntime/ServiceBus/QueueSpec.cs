namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>A declared queue, with the properties and the bounds that it has on Azure.</summary>
internal sealed record QueueSpec(string Name)
{
    /// <summary>How long a receiver holds a message, 5 s to 5 min on Azure; less is allowed here.</summary>
    public TimeSpan LockDuration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Deliveries after which a message that comes back is dead-lettered, 1 to 2000.</summary>
    public int MaxDeliveryCount { get; init; } = 10;

    /// <summary>How long a message may wait; a message's own limit holds when it is shorter.</summary>
    public TimeSpan DefaultMessageTimeToLive { get; init; } = TimeSpan.FromDays(14);

    public bool DeadLetteringOnMessageExpiration { get; init; }

    /// <summary>How long a message id is remembered, up to 7 days; null: no duplicate detection.</summary>
    public TimeSpan? DuplicateWindow { get; init; }

    /// <summary>All bodies together, dead letters included; the smallest size that Azure offers.</summary>
    public long MaxBytes { get; init; } = 1024L * 1024 * 1024;
}
