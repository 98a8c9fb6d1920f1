namespace Azure.Messaging.ServiceBus;

public class ServiceBusMessage
{
    private const int LongestMessageId = 128;

    public ServiceBusMessage()
        : this(BinaryData.FromBytes(ReadOnlyMemory<byte>.Empty))
    {
    }

    public ServiceBusMessage(string body)
        : this(BinaryData.FromString(body))
    {
    }

    public ServiceBusMessage(ReadOnlyMemory<byte> body)
        : this(BinaryData.FromBytes(body))
    {
    }

    public ServiceBusMessage(BinaryData body) => Body = body ?? throw new ArgumentNullException(nameof(body));

    /// <summary>A copy to send again: body, application properties and what the sender had set, without what the broker added.</summary>
    public ServiceBusMessage(ServiceBusReceivedMessage receivedMessage)
    {
        ArgumentNullException.ThrowIfNull(receivedMessage);
        Body = receivedMessage.Body;
        MessageId = receivedMessage.MessageId;
        ContentType = receivedMessage.ContentType;
        CorrelationId = receivedMessage.CorrelationId;
        Subject = receivedMessage.Subject;
        To = receivedMessage.To;
        ReplyTo = receivedMessage.ReplyTo;
        SessionId = receivedMessage.SessionId;
        PartitionKey = receivedMessage.PartitionKey;
        TimeToLive = receivedMessage.TimeToLive;
        foreach (var (name, value) in receivedMessage.ApplicationProperties.Where(property => !property.Key.StartsWith("DeadLetter", StringComparison.Ordinal)))
        {
            ApplicationProperties[name] = value;
        }
    }

    public BinaryData Body { get; set; }

    /// <summary>At most 128 characters. A queue with duplicate detection drops a message whose id it saw a short while ago.</summary>
    public string? MessageId
    {
        get;
        set => field = value is null or { Length: > 0 and <= LongestMessageId }
            ? value
            : throw new ArgumentException($"A message id has 1 to {LongestMessageId} characters.", nameof(value));
    }

    public string? ContentType { get; set; }

    public string? CorrelationId { get; set; }

    public string? Subject { get; set; }

    public string? To { get; set; }

    public string? ReplyTo { get; set; }

    public string? SessionId { get; set; }

    public string? PartitionKey { get; set; }

    /// <summary>How long the message may wait; the queue's own limit holds when it is shorter.</summary>
    public TimeSpan TimeToLive
    {
        get;
        set => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The time to live is positive.");
    } = TimeSpan.MaxValue;

    /// <summary>The earliest moment at which a receiver gets the message.</summary>
    public DateTimeOffset ScheduledEnqueueTime { get; set; }

    /// <summary>Values are text, numbers, truth values, moments or <see cref="Guid"/>s.</summary>
    public IDictionary<string, object> ApplicationProperties { get; } = new Dictionary<string, object>();
}
