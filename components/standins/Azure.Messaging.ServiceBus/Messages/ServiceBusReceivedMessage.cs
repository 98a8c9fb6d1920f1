namespace Azure.Messaging.ServiceBus;

public class ServiceBusReceivedMessage
{
    internal const string DeadLetterReasonName = "DeadLetterReason";
    internal const string DeadLetterDescriptionName = "DeadLetterErrorDescription";

    internal ServiceBusReceivedMessage(BinaryData body, BrokerProperties broker, IReadOnlyDictionary<string, object> properties, Guid lockToken)
    {
        (Body, Broker, ApplicationProperties) = (body, broker, properties);
        LockToken = lockToken.ToString();
        LockedUntil = broker.LockedUntilUtc ?? default;
        LockLength = LockedUntil - DateTimeOffset.UtcNow;
    }

    public BinaryData Body { get; }

    public string? MessageId => Broker.MessageId;

    public string? ContentType => Broker.ContentType;

    public string? CorrelationId => Broker.CorrelationId;

    public string? Subject => Broker.Label;

    public string? To => Broker.To;

    public string? ReplyTo => Broker.ReplyTo;

    public string? SessionId => Broker.SessionId;

    public string? PartitionKey => Broker.PartitionKey;

    public TimeSpan TimeToLive => Broker.TimeToLive ?? TimeSpan.MaxValue;

    public DateTimeOffset ScheduledEnqueueTime => Broker.ScheduledEnqueueTimeUtc ?? default;

    public IReadOnlyDictionary<string, object> ApplicationProperties { get; }

    public string LockToken { get; }

    public DateTimeOffset LockedUntil { get; internal set; }

    /// <summary>1 at the first delivery.</summary>
    public int DeliveryCount => Broker.DeliveryCount ?? 0;

    public long SequenceNumber => Broker.SequenceNumber ?? 0;

    public DateTimeOffset EnqueuedTime => Broker.EnqueuedTimeUtc ?? default;

    public DateTimeOffset ExpiresAt => TimeToLive >= DateTimeOffset.MaxValue - EnqueuedTime ? DateTimeOffset.MaxValue : EnqueuedTime + TimeToLive;

    public string? DeadLetterReason => ApplicationProperties.GetValueOrDefault(DeadLetterReasonName) as string;

    public string? DeadLetterErrorDescription => ApplicationProperties.GetValueOrDefault(DeadLetterDescriptionName) as string;

    internal BrokerProperties Broker { get; }

    internal TimeSpan LockLength { get; }

    /// <summary>True once the message was completed, abandoned or dead-lettered by this process.</summary>
    internal bool IsSettled { get; set; }
}
