using Azure.Messaging.ServiceBus;

namespace Ncn.ChainEvents.Pump;

/// <summary>The queue <c>chain-events</c>. The broker drops a message whose id it has seen within its window.</summary>
public sealed class NoticeSender(ServiceBusClient client) : IAsyncDisposable
{
    /// <summary>The queue's name.</summary>
    internal const string Name = "chain-events";

    /// <summary>The setting with the connection string, or with the members of an identity's connection.</summary>
    internal const string Connection = "Ncn:ServiceBus";

    private const int MessagesAtOnce = 50;
    private readonly ServiceBusSender _sender = client.CreateSender(Name);

    /// <summary>Returns once the broker has them all.</summary>
    internal async Task SendAsync(IEnumerable<ChainNotice> notices, CancellationToken cancellationToken)
    {
        foreach (var some in notices.Chunk(MessagesAtOnce))
        {
            await _sender.SendMessagesAsync(some.Select(Write), cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _sender.DisposeAsync();

    private static ServiceBusMessage Write(ChainNotice notice) =>
        new(notice.ToJson()) { MessageId = notice.Id, Subject = notice.Kind.ToString(), ContentType = "application/json" };
}
