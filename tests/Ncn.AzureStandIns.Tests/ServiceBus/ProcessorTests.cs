using System.Threading.Channels;
using Azure.Messaging.ServiceBus;

namespace Ncn.AzureStandIns.Tests.ServiceBus;

/// <summary>Processors against the local runtime's Service Bus.</summary>
public sealed class ProcessorTests : IAsyncLifetime
{
    private readonly Channel<string> seen = Channel.CreateUnbounded<string>();
    private readonly Channel<ProcessErrorEventArgs> errors = Channel.CreateUnbounded<ProcessErrorEventArgs>();
    private readonly TaskCompletionSource mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LocalBus bus = null!;
    private ServiceBusClient client = null!;

    public async Task InitializeAsync()
    {
        bus = await LocalBus.StartAsync();
        client = bus.Connect();
    }

    public async Task DisposeAsync()
    {
        mayEnd.TrySetResult();
        await client.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public void The_defaults_are_the_official_ones()
    {
        var processor = client.CreateProcessor(LocalBus.Slow);
        Assert.Equal((true, 1, TimeSpan.FromMinutes(5), ServiceBusReceiveMode.PeekLock), (processor.AutoCompleteMessages, processor.MaxConcurrentCalls, processor.MaxAutoLockRenewalDuration, processor.ReceiveMode));
    }

    [Fact]
    public async Task It_needs_exactly_one_handler_of_each_kind()
    {
        await using var processor = client.CreateProcessor(LocalBus.Slow);
        await Assert.ThrowsAsync<InvalidOperationException>(() => processor.StartProcessingAsync());
        Func<ProcessMessageEventArgs, Task> handler = _ => Task.CompletedTask;
        processor.ProcessMessageAsync += handler;
        await Assert.ThrowsAsync<InvalidOperationException>(() => processor.StartProcessingAsync());
        Assert.Throws<NotSupportedException>(() => processor.ProcessMessageAsync += handler);
        processor.ProcessMessageAsync -= handler;
        Assert.Throws<ArgumentException>(() => processor.ProcessMessageAsync -= handler);
        processor.ProcessMessageAsync += handler;
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        await processor.StartProcessingAsync();
        Assert.True(processor.IsProcessing);
        await Assert.ThrowsAsync<InvalidOperationException>(() => processor.StartProcessingAsync());
        await processor.StopProcessingAsync();
        await processor.StopProcessingAsync();
        Assert.False(processor.IsProcessing);
    }

    [Fact]
    public async Task A_handled_message_is_completed_and_one_whose_handler_threw_comes_again()
    {
        await SendAsync(LocalBus.Slow, "bad", "good");
        await using var processor = await StartAsync(LocalBus.Slow, new(), args => args.Message is { MessageId: "bad", DeliveryCount: < 3 } ? throw new FormatException("not yet") : Task.CompletedTask);
        var ids = new List<string>();
        while (ids.Count < 4)
        {
            ids.Add(await seen.Reader.ReadAsync());
        }

        Assert.Equal((3, 1), (ids.Count(id => id == "bad"), ids.Count(id => id == "good")));
        var error = await errors.Reader.ReadAsync();
        Assert.Equal((ServiceBusErrorSource.ProcessMessageCallback, LocalBus.Slow), (error.ErrorSource, error.EntityPath));
        Assert.IsType<FormatException>(error.Exception);
        await processor.StopProcessingAsync();
        Assert.Null(await client.CreateReceiver(LocalBus.Slow).ReceiveMessageAsync(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task As_many_handlers_run_at_once_as_allowed_and_no_more()
    {
        await SendAsync(LocalBus.Slow, "a", "b", "c", "d");
        var processor = await StartAsync(LocalBus.Slow, new() { MaxConcurrentCalls = 3 }, _ => mayEnd.Task);
        for (var i = 0; i < 3; i++)
        {
            await seen.Reader.ReadAsync();
        }

        Assert.Equal("d", (await client.CreateReceiver(LocalBus.Slow).ReceiveMessageAsync())!.MessageId);
        mayEnd.SetResult();
        await processor.DisposeAsync();
    }

    [Fact]
    public async Task A_long_handler_keeps_its_lock()
    {
        await SendAsync(LocalBus.Quick, "a");
        var processor = await StartAsync(LocalBus.Quick, new(), _ => mayEnd.Task);
        await seen.Reader.ReadAsync();
        // The queue's lock is eight seconds: without renewal this receiver would get the message.
        Assert.Null(await client.CreateReceiver(LocalBus.Quick).ReceiveMessageAsync(TimeSpan.FromSeconds(12)));
        mayEnd.SetResult();
        await processor.StopProcessingAsync();
        Assert.False(errors.Reader.TryRead(out var error), error?.Exception.ToString());
        Assert.Null(await client.CreateReceiver(LocalBus.Quick).ReceiveMessageAsync(TimeSpan.FromSeconds(9)));
        await processor.DisposeAsync();
    }

    [Fact]
    public async Task A_handler_may_settle_by_itself()
    {
        await SendAsync(LocalBus.Slow, "done", "dead", "left");
        await using var processor = await StartAsync(LocalBus.Slow, new() { AutoCompleteMessages = false }, args => args.Message.MessageId switch
        {
            "done" => args.CompleteMessageAsync(args.Message),
            "dead" => args.DeadLetterMessageAsync(args.Message, "why"),
            _ => Task.CompletedTask,
        });
        for (var i = 0; i < 3; i++)
        {
            await seen.Reader.ReadAsync();
        }

        await processor.StopProcessingAsync();
        Assert.False(errors.Reader.TryRead(out var error), error?.Exception.ToString());
        var dead = client.CreateReceiver(LocalBus.Slow, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
        Assert.Equal(["dead"], (await dead.ReceiveMessagesAsync(5, TimeSpan.FromSeconds(120))).Select(message => message.MessageId));
    }

    [Fact]
    public async Task A_stop_cancels_the_handlers_token_and_waits_for_the_handler()
    {
        await SendAsync(LocalBus.Slow, "a");
        var hasEnded = false;
        await using var processor = await StartAsync(LocalBus.Slow, new() { MaxConcurrentCalls = 2 }, async args =>
        {
            args.CancellationToken.Register(mayEnd.SetResult);
            await mayEnd.Task;
            // Long after a processor that does not wait would have stopped.
            for (var i = 0; i < 30; i++)
            {
                await SendAsync(LocalBus.Plain, "x");
            }

            hasEnded = true;
        });
        await seen.Reader.ReadAsync();
        await processor.StopProcessingAsync();
        Assert.True(hasEnded);
        Assert.Null(await client.CreateReceiver(LocalBus.Slow).ReceiveMessageAsync(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_reported_and_the_processor_goes_on()
    {
        await using var processor = await StartAsync("nobody", new(), _ => Task.CompletedTask);
        for (var i = 0; i < 2; i++)
        {
            var error = await errors.Reader.ReadAsync();
            Assert.Equal((ServiceBusErrorSource.Receive, ServiceBusFailureReason.MessagingEntityNotFound), (error.ErrorSource, ((ServiceBusException)error.Exception).Reason));
        }

        Assert.True(processor.IsProcessing);
    }

    private async Task<ServiceBusProcessor> StartAsync(string queue, ServiceBusProcessorOptions options, Func<ProcessMessageEventArgs, Task> handler)
    {
        var processor = client.CreateProcessor(queue, options);
        processor.ProcessMessageAsync += args =>
        {
            seen.Writer.TryWrite(args.Message.MessageId!);
            return handler(args);
        };
        processor.ProcessErrorAsync += args =>
        {
            errors.Writer.TryWrite(args);
            return Task.CompletedTask;
        };
        await processor.StartProcessingAsync();
        return processor;
    }

    private Task SendAsync(string queue, params string[] ids) =>
        client.CreateSender(queue).SendMessagesAsync(ids.Select(id => new ServiceBusMessage(id) { MessageId = id }));
}
