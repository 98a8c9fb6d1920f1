using Azure.Messaging.ServiceBus;

namespace Ncn.AzureStandIns.Tests.ServiceBus;

/// <summary>Senders and receivers against the local runtime's Service Bus.</summary>
public sealed class SendAndReceiveTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(120);
    private LocalBus bus = null!;
    private ServiceBusClient client = null!;

    public async Task InitializeAsync()
    {
        bus = await LocalBus.StartAsync();
        client = bus.Connect();
    }

    public async Task DisposeAsync()
    {
        await client.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task A_message_comes_back_with_all_that_its_sender_gave_it()
    {
        var sent = new ServiceBusMessage(new byte[] { 0, 255, 128 })
        {
            MessageId = "id 1", ContentType = "application/octet-stream", CorrelationId = "c", Subject = "läbel", To = "to", ReplyTo = "back", TimeToLive = TimeSpan.FromMinutes(3),
            ApplicationProperties = { ["text"] = "a \"quoted\" 漢", ["number"] = 7, ["large"] = long.MaxValue, ["yes"] = true, ["half"] = 0.5, ["id"] = Guid.Empty },
        };
        await client.CreateSender(LocalBus.Slow).SendMessageAsync(sent);
        var message = await TakeAsync(LocalBus.Slow);
        Assert.Equal([0, 255, 128], message.Body.ToArray());
        Assert.Equal(("id 1", "application/octet-stream", "c", "läbel", "to", "back"), (message.MessageId, message.ContentType, message.CorrelationId, message.Subject, message.To, message.ReplyTo));
        Assert.Equal((1, TimeSpan.FromMinutes(3)), (message.DeliveryCount, message.TimeToLive));
        Assert.True(message.SequenceNumber > 0);
        Assert.InRange(message.LockedUntil, DateTimeOffset.UtcNow.AddMinutes(4), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.InRange(message.EnqueuedTime, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal(message.EnqueuedTime.AddMinutes(3), message.ExpiresAt);
        var properties = message.ApplicationProperties;
        Assert.Equal(
            ("a \"quoted\" 漢", 7L, long.MaxValue, true, 0.5, Guid.Empty.ToString()),
            (properties["text"], properties["number"], properties["large"], properties["yes"], properties["half"], properties["id"]));
        Assert.Equal(6, properties.Count);
        var copy = new ServiceBusMessage(message);
        Assert.Equal(("id 1", 6), (copy.MessageId, copy.ApplicationProperties.Count));
    }

    [Fact]
    public async Task Messages_sent_together_come_in_order_and_repeats_are_dropped()
    {
        var sender = client.CreateSender(LocalBus.Slow);
        await sender.SendMessagesAsync([New("a"), New("b")]);
        using var batch = await sender.CreateMessageBatchAsync();
        Assert.True(batch.TryAddMessage(New("b")));
        Assert.True(batch.TryAddMessage(New("c")));
        Assert.False(batch.TryAddMessage(new ServiceBusMessage(new string('x', 300_000))));
        Assert.Equal(2, batch.Count);
        await sender.SendMessagesAsync(batch);
        await sender.SendMessagesAsync([]);
        var messages = await client.CreateReceiver(LocalBus.Slow).ReceiveMessagesAsync(10, Soon);
        Assert.Equal(["a", "b", "c"], messages.Select(message => message.MessageId));
        Assert.All(messages, message => Assert.Equal(("body of " + message.MessageId, "text/plain", "v"), (message.Body.ToString(), message.ContentType, message.ApplicationProperties["k"])));
    }

    [Fact]
    public async Task A_batch_as_large_as_it_says_it_may_be_is_accepted()
    {
        var sender = client.CreateSender(LocalBus.Slow);
        using var batch = await sender.CreateMessageBatchAsync();
        while (batch.TryAddMessage(new ServiceBusMessage(new string('é', 1000))))
        {
        }

        Assert.InRange(batch.SizeInBytes, batch.MaxSizeInBytes - 7000, batch.MaxSizeInBytes);
        await sender.SendMessagesAsync(batch);
        Assert.Equal(batch.Count, (await client.CreateReceiver(LocalBus.Slow).ReceiveMessagesAsync(1000, Soon)).Count);
        await Assert.ThrowsAsync<NotSupportedException>(() => sender.SendMessagesAsync([New("a"), new ServiceBusMessage(new byte[] { 255 })]));
    }

    [Fact]
    public async Task A_waiting_receiver_gets_a_message_when_it_is_sent()
    {
        var waiting = client.CreateReceiver(LocalBus.Slow).ReceiveMessageAsync(Soon);
        await client.CreateSender(LocalBus.Slow).SendMessageAsync(New("a"));
        Assert.Equal("a", (await waiting)!.MessageId);
    }

    [Fact]
    public async Task An_abandoned_message_comes_again_and_after_its_last_delivery_it_is_dead()
    {
        await client.CreateSender(LocalBus.Quick).SendMessageAsync(New("a"));
        var receiver = client.CreateReceiver(LocalBus.Quick);
        await receiver.AbandonMessageAsync(await TakeAsync(LocalBus.Quick));
        var again = await TakeAsync(LocalBus.Quick);
        Assert.Equal(2, again.DeliveryCount);
        await receiver.AbandonMessageAsync(again);
        var dead = await TakeAsync(LocalBus.Quick, SubQueue.DeadLetter);
        Assert.Equal(("a", "MaxDeliveryCountExceeded"), (dead.MessageId, dead.DeadLetterReason));
        await client.CreateReceiver(LocalBus.Quick, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter }).CompleteMessageAsync(dead);
    }

    [Fact]
    public async Task A_dead_letter_says_why()
    {
        await client.CreateSender(LocalBus.Slow).SendMessageAsync(New("a"));
        var message = await TakeAsync(LocalBus.Slow);
        await client.CreateReceiver(LocalBus.Slow).DeadLetterMessageAsync(message, new Dictionary<string, object> { ["Shelf"] = 3 }, "unreadable", "not an event: é");
        var dead = await TakeAsync(LocalBus.Slow, SubQueue.DeadLetter);
        Assert.Equal(("unreadable", "not an event: é", 3L, "v"), (dead.DeadLetterReason, dead.DeadLetterErrorDescription, dead.ApplicationProperties["Shelf"], dead.ApplicationProperties["k"]));
    }

    [Fact]
    public async Task A_lock_can_be_renewed_and_when_it_is_lost_the_message_is_somebody_elses()
    {
        await client.CreateSender(LocalBus.Quick).SendMessageAsync(New("a"));
        var receiver = client.CreateReceiver(LocalBus.Quick);
        var message = await TakeAsync(LocalBus.Quick);
        await receiver.RenewMessageLockAsync(message);
        Assert.True(message.LockedUntil > DateTimeOffset.UtcNow);
        var other = await TakeAsync(LocalBus.Quick);
        Assert.Equal(2, other.DeliveryCount);
        var error = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.CompleteMessageAsync(message));
        Assert.Equal((ServiceBusFailureReason.MessageLockLost, LocalBus.Quick, false), (error.Reason, error.EntityPath, error.IsTransient));
        await receiver.CompleteMessageAsync(other);
    }

    [Fact]
    public async Task A_receiver_that_goes_away_takes_no_message_along_for_ever()
    {
        using var leaving = new CancellationTokenSource();
        var waiting = client.CreateReceiver(LocalBus.Quick).ReceiveMessageAsync(Soon, leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await client.CreateSender(LocalBus.Quick).SendMessageAsync(New("a"));
        Assert.Equal("a", (await TakeAsync(LocalBus.Quick)).MessageId);
    }

    [Fact]
    public async Task A_receiver_that_deletes_has_nothing_to_settle()
    {
        await client.CreateSender(LocalBus.Slow).SendMessageAsync(New("a"));
        var receiver = client.CreateReceiver(LocalBus.Slow, new ServiceBusReceiverOptions { ReceiveMode = ServiceBusReceiveMode.ReceiveAndDelete });
        var message = (await receiver.ReceiveMessageAsync(Soon))!;
        await Assert.ThrowsAsync<InvalidOperationException>(() => receiver.CompleteMessageAsync(message));
        Assert.Null(await receiver.ReceiveMessageAsync(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task What_the_service_refuses_has_its_reason()
    {
        var missing = await Assert.ThrowsAsync<ServiceBusException>(() => client.CreateSender("nobody").SendMessageAsync(New("a")));
        Assert.Equal(ServiceBusFailureReason.MessagingEntityNotFound, missing.Reason);
        var large = await Assert.ThrowsAsync<ServiceBusException>(() => client.CreateSender(LocalBus.Slow).SendMessageAsync(new ServiceBusMessage(new byte[300_000])));
        Assert.Equal(ServiceBusFailureReason.MessageSizeExceeded, large.Reason);
        await using var stranger = new ServiceBusClient($"Endpoint=sb://127.0.0.1:{bus.Port};SharedAccessKeyName=local;SharedAccessKey=guess;UseDevelopmentEmulator=true");
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => stranger.CreateSender(LocalBus.Slow).SendMessageAsync(New("a")));
    }

    [Fact]
    public async Task An_absent_service_is_a_passing_error_that_was_tried_again()
    {
        await bus.DisposeAsync();
        var error = await Assert.ThrowsAsync<ServiceBusException>(() => client.CreateSender(LocalBus.Slow).SendMessageAsync(New("a")));
        Assert.Equal((ServiceBusFailureReason.ServiceCommunicationProblem, true), (error.Reason, error.IsTransient));
        bus = await LocalBus.StartAsync();
    }

    [Theory]
    [InlineData("Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=a=b==;EntityPath=q", "shop.servicebus.windows.net", "a=b==", "q")]
    [InlineData("endpoint=sb://127.0.0.1:5; SharedAccessKeyName=k; SharedAccessKey=s; UseDevelopmentEmulator=true", "127.0.0.1", "s", null)]
    public void A_connection_string_is_read(string text, string host, string key, string? entity)
    {
        var properties = ServiceBusConnectionStringProperties.Parse(text);
        Assert.Equal((host, key, entity), (properties.FullyQualifiedNamespace, properties.SharedAccessKey, properties.EntityPath));
        Assert.Equal(host, new ServiceBusClient(text).FullyQualifiedNamespace);
    }

    [Theory]
    [InlineData("Endpoint=http://x;SharedAccessKeyName=k;SharedAccessKey=s")]
    [InlineData("SharedAccessKeyName=k;SharedAccessKey=s")]
    [InlineData("Endpoint=sb://x;SharedAccessKeyName=k")]
    [InlineData("nothing")]
    public void A_broken_connection_string_is_refused(string text) => Assert.Throws<FormatException>(() => new ServiceBusClient(text));

    [Fact]
    public void A_connection_string_of_one_queue_is_for_that_queue()
    {
        var narrow = new ServiceBusClient("Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=s;EntityPath=q");
        Assert.Equal("q", narrow.CreateSender("q").EntityPath);
        Assert.Throws<ArgumentException>(() => narrow.CreateReceiver("other"));
    }

    private static ServiceBusMessage New(string id) =>
        new("body of " + id) { MessageId = id, ContentType = "text/plain", ApplicationProperties = { ["k"] = "v" } };

    private async Task<ServiceBusReceivedMessage> TakeAsync(string queue, SubQueue side = SubQueue.None) =>
        await client.CreateReceiver(queue, new ServiceBusReceiverOptions { SubQueue = side }).ReceiveMessageAsync(Soon) ?? throw new InvalidOperationException("No message came.");
}
