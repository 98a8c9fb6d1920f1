using System.Text.Json.Nodes;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>The declared queues: storage, and receivers that wait.</summary>
internal sealed class MessageQueues(IReadOnlyList<QueueSpec> queues, MessageStore store, TimeProvider time)
{
    private readonly Dictionary<string, QueueSpec> byName = queues.ToDictionary(queue => queue.Name, StringComparer.OrdinalIgnoreCase);
    private readonly QueueBells bells = new();

    public IReadOnlyList<QueueSpec> All => queues;

    public QueueSpec? Find(string name) => byName.GetValueOrDefault(name);

    public async Task SendAsync(QueueSpec queue, IReadOnlyList<Posting> messages)
    {
        await store.SendAsync(queue, messages);
        bells.Ring(queue.Name);
    }

    /// <summary>The next message, or null when none came in time. 1. Listen; 2. look; 3. take; else 4. wait for the bell, for a lock to run out, or for the end.</summary>
    public async Task<Delivery?> ReceiveAsync(QueueSide side, bool keeps, TimeSpan wait, CancellationToken cancellation)
    {
        var end = time.GetUtcNow() + wait;
        while (true)
        {
            var rung = bells.NextAsync(side.Queue.Name);
            if (store.HasNext(side) && await store.TakeAsync(side, keeps) is { } delivery)
            {
                return delivery;
            }

            var left = end - time.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            await WaitAsync(rung, store.NextChange(side) is { } change && change < end ? change - time.GetUtcNow() : left, cancellation);
        }
    }

    public Task<bool> CompleteAsync(QueueSide side, string id, string token) => store.CompleteAsync(side, id, token);

    public Task<long?> RenewAsync(QueueSide side, string id, string token) => store.RenewAsync(side, id, token);

    public Task<bool> AbandonAsync(QueueSide side, string id, string token) => RingingAsync(side, store.AbandonAsync(side, id, token));

    public Task<bool> ReturnAsync(QueueSide side, Delivery delivery) => RingingAsync(side, store.ReturnAsync(side, delivery));

    public Task<bool> DeadLetterAsync(QueueSide side, string id, string token, JsonObject changes) => RingingAsync(side, store.DeadLetterAsync(side, id, token, changes));

    private async Task<bool> RingingAsync(QueueSide side, Task<bool> change)
    {
        var isDone = await change;
        bells.Ring(side.Queue.Name);
        return isDone;
    }

    private async Task WaitAsync(Task rung, TimeSpan longest, CancellationToken cancellation)
    {
        // Whole milliseconds and one more, so that the moment that is waited for has passed.
        var wait = TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(longest.TotalMilliseconds)) + 1);
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(rung, Task.Delay(wait, time, settled.Token));
        await settled.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }
}
