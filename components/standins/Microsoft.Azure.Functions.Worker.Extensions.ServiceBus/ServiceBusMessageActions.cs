using Azure.Messaging.ServiceBus;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>The ways in which a function may settle its message by itself.</summary>
public class ServiceBusMessageActions
{
    private readonly ProcessMessageEventArgs message = null!;

    protected ServiceBusMessageActions()
    {
    }

    internal ServiceBusMessageActions(ProcessMessageEventArgs message) => this.message = message;

    public virtual Task CompleteMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default) =>
        this.message.CompleteMessageAsync(message, cancellationToken);

    public virtual Task AbandonMessageAsync(
        ServiceBusReceivedMessage message, IDictionary<string, object>? propertiesToModify = default, CancellationToken cancellationToken = default) =>
        this.message.AbandonMessageAsync(message, propertiesToModify, cancellationToken);

    public virtual Task DeadLetterMessageAsync(
        ServiceBusReceivedMessage message,
        Dictionary<string, object>? propertiesToModify = default,
        string? deadLetterReason = default,
        string? deadLetterErrorDescription = default,
        CancellationToken cancellationToken = default) =>
        this.message.DeadLetterMessageAsync(message, propertiesToModify ?? [], deadLetterReason!, deadLetterErrorDescription, cancellationToken);

    public virtual Task RenewMessageLockAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default) =>
        this.message.RenewMessageLockAsync(message, cancellationToken);
}
