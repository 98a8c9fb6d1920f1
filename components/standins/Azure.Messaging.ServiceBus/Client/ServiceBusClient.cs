using Azure.Core;

namespace Azure.Messaging.ServiceBus;

public class ServiceBusClient : IAsyncDisposable
{
    private readonly RestConnection connection = null!;

    protected ServiceBusClient()
    {
    }

    /// <exception cref="FormatException">The connection string is none, or lacks the endpoint or the key.</exception>
    public ServiceBusClient(string connectionString)
        : this(connectionString, new ServiceBusClientOptions())
    {
    }

    /// <inheritdoc cref="ServiceBusClient(string)"/>
    public ServiceBusClient(string connectionString, ServiceBusClientOptions options)
    {
        var address = ConnectionAddress.Parse(connectionString);
        Identifier = options?.Identifier ?? $"{address.Namespace.Host}-{Guid.NewGuid()}";
        connection = new RestConnection(address.Namespace, new SharedAccessSignature(address), options?.RetryOptions, address.EntityPath);
    }

    public ServiceBusClient(string fullyQualifiedNamespace, TokenCredential credential)
        : this(fullyQualifiedNamespace, credential, new ServiceBusClientOptions())
    {
    }

    public ServiceBusClient(string fullyQualifiedNamespace, TokenCredential credential, ServiceBusClientOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fullyQualifiedNamespace);
        ArgumentNullException.ThrowIfNull(credential);
        Identifier = options?.Identifier ?? $"{fullyQualifiedNamespace}-{Guid.NewGuid()}";
        connection = new RestConnection(new Uri($"https://{fullyQualifiedNamespace}/"), new BearerToken(credential), options?.RetryOptions, null);
    }

    public virtual string FullyQualifiedNamespace => connection.Namespace.Host;

    public virtual string Identifier { get; } = "";

    public virtual bool IsClosed { get; private set; }

    internal RestConnection Connection => IsClosed
        ? throw new ObjectDisposedException(nameof(ServiceBusClient), "The client is closed; what was made from it can no longer be used.")
        : connection;

    public virtual ServiceBusSender CreateSender(string queueOrTopicName) => new(this, queueOrTopicName);

    public virtual ServiceBusReceiver CreateReceiver(string queueName) => CreateReceiver(queueName, new ServiceBusReceiverOptions());

    public virtual ServiceBusReceiver CreateReceiver(string queueName, ServiceBusReceiverOptions options) => new(this, queueName, options);

    public virtual ServiceBusProcessor CreateProcessor(string queueName) => CreateProcessor(queueName, new ServiceBusProcessorOptions());

    public virtual ServiceBusProcessor CreateProcessor(string queueName, ServiceBusProcessorOptions options) => new(this, queueName, options);

    public virtual ValueTask DisposeAsync()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            connection.Dispose();
        }

        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
