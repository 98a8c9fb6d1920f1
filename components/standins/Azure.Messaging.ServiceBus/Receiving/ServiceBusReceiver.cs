using System.Globalization;
using System.Net;

namespace Azure.Messaging.ServiceBus;

public partial class ServiceBusReceiver : IAsyncDisposable
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(60);
    private readonly ServiceBusClient client = null!;

    protected ServiceBusReceiver()
    {
    }

    protected internal ServiceBusReceiver(ServiceBusClient client, string queueName, ServiceBusReceiverOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new ServiceBusReceiverOptions();
        this.client = client;
        EntityPath = client.Connection.CheckEntity(queueName) + options.SubQueue switch
        {
            SubQueue.None => "",
            SubQueue.DeadLetter => "/$DeadLetterQueue",
            SubQueue.TransferDeadLetter => "/$Transfer/$DeadLetterQueue",
            _ => throw new ArgumentOutOfRangeException(nameof(options)),
        };
        ReceiveMode = options.ReceiveMode;
        Identifier = options.Identifier ?? $"{EntityPath}-{Guid.NewGuid()}";
    }

    public virtual string EntityPath { get; } = "";

    public virtual string FullyQualifiedNamespace => client.FullyQualifiedNamespace;

    public virtual string Identifier { get; } = "";

    public virtual ServiceBusReceiveMode ReceiveMode { get; }

    public virtual bool IsClosed { get; private set; }

    /// <summary>The next message, or null when none came within <paramref name="maxWaitTime"/> (by default 60 s; the service counts whole seconds).</summary>
    public virtual async Task<ServiceBusReceivedMessage?> ReceiveMessageAsync(TimeSpan? maxWaitTime = default, CancellationToken cancellationToken = default)
    {
        if (maxWaitTime <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(maxWaitTime), maxWaitTime, "The wait must be positive.");
        }

        return await TakeAsync(maxWaitTime ?? DefaultWait, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Up to <paramref name="maxMessages"/> messages: waits for the first, and adds those that are there already.</summary>
    public virtual async Task<IReadOnlyList<ServiceBusReceivedMessage>> ReceiveMessagesAsync(
        int maxMessages, TimeSpan? maxWaitTime = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxMessages);
        var messages = new List<ServiceBusReceivedMessage>();
        var next = await ReceiveMessageAsync(maxWaitTime, cancellationToken).ConfigureAwait(false);
        while (next is not null)
        {
            messages.Add(next);
            next = messages.Count < maxMessages ? await TakeAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false) : null;
        }

        return messages;
    }

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

    private async Task<ServiceBusReceivedMessage?> TakeAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        var seconds = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var method = ReceiveMode == ServiceBusReceiveMode.PeekLock ? HttpMethod.Post : HttpMethod.Delete;
        var call = new RestCall(method, EntityPath, $"{EntityPath}/messages/head?timeout={seconds}") { ServerWait = wait };
        using var response = await client.Connection.SendAsync(call, cancellationToken).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.NoContent ? null : await ReadAsync(response, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ServiceBusReceivedMessage> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var text = response.Headers.TryGetValues("BrokerProperties", out var values) ? values.Single() : "{}";
        var broker = BrokerProperties.Parse(text) with { ContentType = response.Content.Headers.ContentType?.ToString() };
        return new ServiceBusReceivedMessage(BinaryData.FromBytes(body), broker, UserProperties.Read(response.Headers), broker.LockToken ?? Guid.Empty);
    }
}
