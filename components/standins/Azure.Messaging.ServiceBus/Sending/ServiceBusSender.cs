using System.Net.Http.Headers;

namespace Azure.Messaging.ServiceBus;

public class ServiceBusSender : IAsyncDisposable
{
    private const long DefaultBatchBytes = 256 * 1024;
    private readonly ServiceBusClient client = null!;

    protected ServiceBusSender()
    {
    }

    protected internal ServiceBusSender(ServiceBusClient client, string queueOrTopicName)
    {
        ArgumentNullException.ThrowIfNull(client);
        this.client = client;
        EntityPath = client.Connection.CheckEntity(queueOrTopicName);
        Identifier = $"{EntityPath}-{Guid.NewGuid()}";
    }

    public virtual string EntityPath { get; } = "";

    public virtual string FullyQualifiedNamespace => client.FullyQualifiedNamespace;

    public virtual string Identifier { get; } = "";

    public virtual bool IsClosed { get; private set; }

    /// <summary>Sends one message; when the task ends well, the broker has it durably.</summary>
    /// <exception cref="ServiceBusException">After an error of communication the message may have been accepted all the same.</exception>
    public virtual async Task SendMessageAsync(ServiceBusMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await SendAsync(SingleCall(message), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the messages together: the broker takes all or none.</summary>
    /// <exception cref="NotSupportedException">The body of one of several messages is not text in UTF-8, which batches of the REST API need.</exception>
    public virtual async Task SendMessagesAsync(IEnumerable<ServiceBusMessage> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var all = messages.ToArray();
        if (all.Length > 0)
        {
            await SendAsync(all.Length == 1 ? SingleCall(all[0]) : BatchCall(all.Select(BatchText.Of)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="SendMessagesAsync(IEnumerable{ServiceBusMessage}, CancellationToken)"/>
    public virtual async Task SendMessagesAsync(ServiceBusMessageBatch messageBatch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messageBatch);
        if (messageBatch.Count > 0)
        {
            await SendAsync(BatchCall(messageBatch.Messages), cancellationToken).ConfigureAwait(false);
        }
    }

    public virtual ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(CancellationToken cancellationToken = default) =>
        CreateMessageBatchAsync(new CreateMessageBatchOptions(), cancellationToken);

    public virtual ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(CreateMessageBatchOptions options, CancellationToken cancellationToken = default) =>
        new(new ServiceBusMessageBatch(Math.Min(options?.MaxSizeInBytes ?? DefaultBatchBytes, DefaultBatchBytes)));

    public virtual Task CloseAsync(CancellationToken cancellationToken = default)
    {
        IsClosed = true;
        return Task.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private RestCall SingleCall(ServiceBusMessage message) => NewCall(
        () => WithType(new ReadOnlyMemoryContent(message.Body.ToMemory()), message.ContentType)) with
    {
        Prepare = request =>
        {
            request.Headers.TryAddWithoutValidation("BrokerProperties", BrokerProperties.Of(message).ToString());
            UserProperties.Write(request.Headers, message.ApplicationProperties);
        },
    };

    private RestCall BatchCall(IEnumerable<ReadOnlyMemory<byte>> messages)
    {
        var body = BatchText.Join(messages);
        return NewCall(() => WithType(new ByteArrayContent(body), BatchText.ContentType));
    }

    private RestCall NewCall(Func<HttpContent> content) => new(HttpMethod.Post, EntityPath, $"{EntityPath}/messages") { Content = content };

    private static HttpContent WithType(HttpContent content, string? type)
    {
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return content;
    }

    private async Task SendAsync(RestCall call, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        using var response = await client.Connection.SendAsync(call, cancellationToken).ConfigureAwait(false);
    }
}
