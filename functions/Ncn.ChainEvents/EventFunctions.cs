using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Ncn.ChainEvents.Applying;
using Ncn.ChainEvents.Pump;

namespace Ncn.ChainEvents;

/// <summary>From the chain to the queue, and from the queue to whom it concerns.</summary>
public sealed class EventFunctions(EventPump pump, NoticeApplier applier, ILogger<EventFunctions> logger)
{
    /// <summary>Every second: sends what the contracts logged since the last time to the queue.</summary>
    [Function("ReadChainEvents")]
    public Task ReadChainEvents([TimerTrigger("* * * * * *")] TimerInfo timer, CancellationToken cancellationToken) => pump.RunAsync(cancellationToken);

    /// <summary>Applies one event. What can never be applied is put aside with the reason; what cannot be applied now is delivered again.</summary>
    [Function("ApplyChainEvent")]
    public async Task ApplyChainEvent(
        [ServiceBusTrigger(NoticeSender.Name, Connection = NoticeSender.Connection, AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(actions);
        if (ChainNotice.Parse(message.Body.ToMemory().Span, out var problem) is not { } notice)
        {
            logger.LogError("Message {Message} is put aside: {Problem}", message.MessageId, problem);
            await actions.DeadLetterMessageAsync(
                message, deadLetterReason: "NotANotice", deadLetterErrorDescription: problem, cancellationToken: cancellationToken);
            return;
        }

        await applier.ApplyAsync(notice, cancellationToken);
        await actions.CompleteMessageAsync(message, cancellationToken);
    }
}
