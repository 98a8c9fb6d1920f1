namespace Azure.Messaging.ServiceBus;

/// <summary>Makes messages as a receiver gets them, for tests.</summary>
public static class ServiceBusModelFactory
{
    public static ServiceBusReceivedMessage ServiceBusReceivedMessage(
        BinaryData? body = default,
        string? messageId = default,
        string? partitionKey = default,
        string? viaPartitionKey = default,
        string? sessionId = default,
        string? replyToSessionId = default,
        TimeSpan timeToLive = default,
        string? correlationId = default,
        string? subject = default,
        string? to = default,
        string? contentType = default,
        string? replyTo = default,
        DateTimeOffset scheduledEnqueueTime = default,
        IDictionary<string, object>? properties = default,
        Guid lockTokenGuid = default,
        int deliveryCount = default,
        DateTimeOffset lockedUntil = default,
        long sequenceNumber = -1,
        string? deadLetterSource = default,
        long enqueuedSequenceNumber = default,
        DateTimeOffset enqueuedTime = default,
        ServiceBusMessageState serviceBusMessageState = default)
    {
        var broker = new BrokerProperties
        {
            MessageId = messageId,
            PartitionKey = partitionKey,
            SessionId = sessionId,
            TimeToLive = timeToLive == default ? null : timeToLive,
            CorrelationId = correlationId,
            Label = subject,
            To = to,
            ContentType = contentType,
            ReplyTo = replyTo,
            ScheduledEnqueueTimeUtc = scheduledEnqueueTime,
            DeliveryCount = deliveryCount,
            LockedUntilUtc = lockedUntil,
            SequenceNumber = sequenceNumber,
            EnqueuedTimeUtc = enqueuedTime,
        };
        var copy = properties is null ? [] : new Dictionary<string, object>(properties);
        return new ServiceBusReceivedMessage(body ?? BinaryData.FromBytes(ReadOnlyMemory<byte>.Empty), broker, copy, lockTokenGuid);
    }
}

public enum ServiceBusMessageState
{
    Active = 0,
    Deferred = 1,
    Scheduled = 2,
}
