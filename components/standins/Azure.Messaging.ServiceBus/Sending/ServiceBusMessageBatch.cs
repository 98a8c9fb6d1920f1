namespace Azure.Messaging.ServiceBus;

public class CreateMessageBatchOptions
{
    /// <summary>At most 256 KiB, which is also the default.</summary>
    public long? MaxSizeInBytes { get; set; }
}

/// <summary>Messages that are sent together, as far as they fit.</summary>
public sealed class ServiceBusMessageBatch : IDisposable
{
    private readonly List<ReadOnlyMemory<byte>> messages = [];

    internal ServiceBusMessageBatch(long maxSizeInBytes) => MaxSizeInBytes = maxSizeInBytes;

    public long MaxSizeInBytes { get; }

    public long SizeInBytes { get; private set; } = BatchText.Brackets;

    public int Count => messages.Count;

    internal IReadOnlyList<ReadOnlyMemory<byte>> Messages => messages;

    /// <summary>False when there is no room for the message; the batch is then as before.</summary>
    public bool TryAddMessage(ServiceBusMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var text = BatchText.Of(message);
        var size = SizeInBytes + text.Length + (Count == 0 ? 0 : 1);
        if (size > MaxSizeInBytes)
        {
            return false;
        }

        messages.Add(text);
        SizeInBytes = size;
        return true;
    }

    public void Dispose() => messages.Clear();
}
