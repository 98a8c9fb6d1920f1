using System.Threading.Channels;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Ncn.AzureStandIns.Tests.ServiceBus;

namespace Ncn.AzureStandIns.Tests.Functions;

/// <summary>What the functions saw.</summary>
public sealed class BusLog
{
    public Channel<object> Seen { get; } = Channel.CreateUnbounded<object>();

    /// <summary>Set when a function that waits is told to stop.</summary>
    public TaskCompletionSource Stopping { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource MayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

public sealed record Order(string Name, int Quantity);

public sealed class BusFunctions(BusLog log)
{
    [Function("ReadOrders")]
    public async Task ReadOrders([ServiceBusTrigger(LocalBus.Slow, Connection = "Test:Bus")] ServiceBusReceivedMessage message, FunctionContext context, CancellationToken cancellationToken)
    {
        log.Seen.Writer.TryWrite($"{context.FunctionDefinition.Name} {message.MessageId} {message.DeliveryCount}");
        switch (message.MessageId)
        {
            case "throws":
                throw new FormatException("not an order");
            case "waits":
                await using (cancellationToken.Register(log.Stopping.SetResult))
                {
                    await log.MayEnd.Task.WaitAsync(CancellationToken.None);
                }

                log.Seen.Writer.TryWrite(cancellationToken.IsCancellationRequested);
                break;
            default:
                break;
        }
    }

    [Function("SettleOrders")]
    public async Task SettleOrders(
        [ServiceBusTrigger("%QuickQueue%", Connection = "Test:Bus", AutoCompleteMessages = false)] ServiceBusReceivedMessage message, ServiceBusMessageActions actions)
    {
        log.Seen.Writer.TryWrite($"SettleOrders {message.MessageId} {message.DeliveryCount}");
        if (message.DeliveryCount > 1)
        {
            await actions.DeadLetterMessageAsync(message, deadLetterReason: "twice");
        }
    }

    [Function("CountOrders")]
    public void CountOrders([ServiceBusTrigger(LocalBus.Plain, Connection = "Test:Bus")] Order order) => log.Seen.Writer.TryWrite(order);
}
