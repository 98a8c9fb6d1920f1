namespace Azure.Messaging.ServiceBus;

public partial class ServiceBusReceiver
{
    /// <summary>Done with the message: the broker deletes it.</summary>
    /// <exception cref="ServiceBusException">With <see cref="ServiceBusFailureReason.MessageLockLost"/> when the lock ran out; the message comes again.</exception>
    public virtual Task CompleteMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default) =>
        SettleAsync(LockCall(HttpMethod.Delete, message), message, cancellationToken);

    /// <summary>Gives the message back at once; its delivery has counted.</summary>
    /// <exception cref="NotSupportedException">Properties are to be changed, which the REST API cannot do.</exception>
    public virtual Task AbandonMessageAsync(
        ServiceBusReceivedMessage message, IDictionary<string, object>? propertiesToModify = null, CancellationToken cancellationToken = default) =>
        propertiesToModify is { Count: > 0 }
            ? throw new NotSupportedException("Over the REST API an abandoned message keeps its properties.")
            : SettleAsync(LockCall(HttpMethod.Put, message), message, cancellationToken);

    /// <summary>Holds the message longer; <see cref="ServiceBusReceivedMessage.LockedUntil"/> is then later.</summary>
    public virtual async Task RenewMessageLockAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default)
    {
        using var response = await client.Connection.SendAsync(LockCall(HttpMethod.Post, message), cancellationToken).ConfigureAwait(false);
        // The documented answer does not say until when; then it is for as long again as at first.
        message.LockedUntil = response.Headers.TryGetValues("BrokerProperties", out var values) && BrokerProperties.Parse(values.Single()).LockedUntilUtc is { } until
            ? until
            : DateTimeOffset.UtcNow + message.LockLength;
    }

    /// <inheritdoc cref="DeadLetterMessageAsync(ServiceBusReceivedMessage, IDictionary{string, object}, string, string, CancellationToken)"/>
    public virtual Task DeadLetterMessageAsync(
        ServiceBusReceivedMessage message, IDictionary<string, object>? propertiesToModify = null, CancellationToken cancellationToken = default) =>
        DeadLetterAsync(message, propertiesToModify, null, null, cancellationToken);

    /// <inheritdoc cref="DeadLetterMessageAsync(ServiceBusReceivedMessage, IDictionary{string, object}, string, string, CancellationToken)"/>
    public virtual Task DeadLetterMessageAsync(
        ServiceBusReceivedMessage message, string deadLetterReason, string? deadLetterErrorDescription = null, CancellationToken cancellationToken = default) =>
        DeadLetterAsync(message, null, deadLetterReason, deadLetterErrorDescription, cancellationToken);

    /// <summary>Moves the message to the queue's dead-letter queue, by an operation that the local runtime has and the documented REST API lacks.</summary>
    public virtual Task DeadLetterMessageAsync(
        ServiceBusReceivedMessage message,
        IDictionary<string, object> propertiesToModify,
        string deadLetterReason,
        string? deadLetterErrorDescription = null,
        CancellationToken cancellationToken = default) =>
        DeadLetterAsync(message, propertiesToModify, deadLetterReason, deadLetterErrorDescription, cancellationToken);

    private Task DeadLetterAsync(
        ServiceBusReceivedMessage message, IDictionary<string, object>? changes, string? reason, string? description, CancellationToken cancellationToken)
    {
        var properties = new Dictionary<string, object>(changes ?? new Dictionary<string, object>());
        foreach (var (name, value) in new[] { (ServiceBusReceivedMessage.DeadLetterReasonName, reason), (ServiceBusReceivedMessage.DeadLetterDescriptionName, description) })
        {
            if (value is not null)
            {
                properties[name] = value;
            }
        }

        var call = LockCall(HttpMethod.Post, message);
        return SettleAsync(
            call with { Path = call.Path + "/$DeadLetterQueue", Prepare = request => UserProperties.Write(request.Headers, properties) }, message, cancellationToken);
    }

    private RestCall LockCall(HttpMethod method, ServiceBusReceivedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return ReceiveMode == ServiceBusReceiveMode.PeekLock
            ? new RestCall(method, EntityPath, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{EntityPath}/messages/{message.SequenceNumber}/{message.LockToken}")) { IsAboutLock = true }
            : throw new InvalidOperationException("A receiver that deletes what it receives has nothing to settle.");
    }

    private async Task SettleAsync(RestCall call, ServiceBusReceivedMessage message, CancellationToken cancellationToken)
    {
        using var response = await client.Connection.SendAsync(call, cancellationToken).ConfigureAwait(false);
        message.IsSettled = true;
    }
}
