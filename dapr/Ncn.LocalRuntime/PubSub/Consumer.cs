using System.Text.Json;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.PubSub;

/// <summary>
/// Delivers one group's messages, at least once, to the ready instances of its app in turn. 1. Take what is due.
/// 2. Post it. 3. Success or DROP finishes it, a failure delays it by the retry policy. 4. When the policy is used up it
/// goes to the dead letter topic; without one the broker goes on with its own back-off, so that nothing is lost.
/// </summary>
internal sealed class Consumer(Group group, Broker broker, AppDirectory apps, TargetPolicy policy, CancellationToken stopping) : IDisposable
{
    private const int MostAtOnce = 32;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly RetryPolicy BrokerRetry = new(Exponential: true, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(15), -1);
    private readonly HashSet<long> inFlight = [];
    private readonly SemaphoreSlim wake = new(0, 1);
    private int turn;
    private bool disposed;

    public void Wake()
    {
        lock (inFlight)
        {
            if (!disposed && wake.CurrentCount == 0)
            {
                wake.Release();
            }
        }
    }

    public void Dispose()
    {
        lock (inFlight)
        {
            disposed = true;
            wake.Dispose();
        }
    }

    public async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            await wake.WaitAsync(Dispatch(), stopping);
        }
    }

    /// <summary>Starts what can start now; returns how long to wait for the next.</summary>
    private TimeSpan Dispatch()
    {
        var instances = apps.ReadyInstances(group.AppId);

        // One instant for both questions: a delivery that fell due between two would be neither taken nor waited for.
        var now = broker.Now;
        lock (inFlight)
        {
            if (instances.Count == 0 || inFlight.Count >= MostAtOnce)
            {
                return LongestWait;
            }

            foreach (var delivery in broker.TakeDue(group, now, MostAtOnce - inFlight.Count, inFlight))
            {
                inFlight.Add(delivery.MessageId);
                var instance = instances[turn = (turn + 1) % instances.Count];
                _ = Task.Run(() => DeliverAsync(instance, delivery), CancellationToken.None);
            }
        }

        var next = broker.NextDue(group, now) - DateTimeOffset.UtcNow;
        return next is { } wait && wait < LongestWait ? TimeSpan.FromMilliseconds(Math.Max(wait.TotalMilliseconds, 1)) : LongestWait;
    }

    private async Task DeliverAsync(AppInstance app, Delivery delivery)
    {
        try
        {
            await SettleAsync(app, delivery, await PostAsync(app, delivery));
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            RuntimeLog.Write(group.AppId, $"message {delivery.MessageId} of topic {group.Topic}: {error}");
        }
        finally
        {
            lock (inFlight)
            {
                inFlight.Remove(delivery.MessageId);
            }

            Wake();
        }
    }

    private Subscription? SubscriptionOf(AppInstance app) => app.Presence?.Subscriptions.FirstOrDefault(
        subscription => subscription.PubSubName == group.PubSubName && subscription.Topic == group.Topic);

    private async Task<DeliveryStatus> PostAsync(AppInstance app, Delivery delivery)
    {
        if (SubscriptionOf(app) is not { } subscription)
        {
            return DeliveryStatus.Retry;
        }

        var body = delivery.Raw || subscription.Raw
            ? CloudEvent.WrapRaw(new EventOrigin(Guid.NewGuid().ToString(), group.AppId, group.PubSubName, group.Topic, null, null), delivery.Payload)
            : delivery.Payload;
        var route = subscription.RouteFor(JsonSerializer.Deserialize<JsonElement>(body));
        if (route is null)
        {
            RuntimeLog.Write(group.AppId, $"message {delivery.MessageId} of topic {group.Topic} matches no route and is dropped");
            return DeliveryStatus.Drop;
        }

        return await SendAsync(app, route, subscription.Bulk ? BulkEnvelope.Wrap(group, body) : body, subscription.Bulk);
    }

    private async Task<DeliveryStatus> SendAsync(AppInstance app, string route, byte[] body, bool bulk)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(policy.Timeout ?? TimeSpan.FromSeconds(60));
        try
        {
            var answer = await app.Channel.ExchangeAsync(HttpMethod.Post, route, body, CloudEvent.ContentType, null, limit.Token);
            return DeliveryAnswer.Read(answer, bulk);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return DeliveryStatus.Retry;
        }
    }

    private Task SettleAsync(AppInstance app, Delivery delivery, DeliveryStatus status)
    {
        var deadLetter = SubscriptionOf(app)?.DeadLetterTopic;
        var attempts = delivery.Attempts + 1;
        var policyIsOver = policy.Retry is not { } retry || (retry.MaxRetries >= 0 && attempts > retry.MaxRetries);
        return status switch
        {
            DeliveryStatus.Success => broker.FinishAsync(group, delivery.MessageId),
            DeliveryStatus.Drop when deadLetter is null => DropAsync(delivery),
            DeliveryStatus.Drop => broker.MoveAsync(group, delivery, deadLetter),
            _ when policyIsOver && deadLetter is not null => broker.MoveAsync(group, delivery, deadLetter),
            _ => broker.DelayAsync(group, delivery.MessageId, attempts, (policyIsOver ? BrokerRetry : policy.Retry!).DelayBefore(attempts)),
        };
    }

    private Task DropAsync(Delivery delivery)
    {
        RuntimeLog.Write(group.AppId, $"message {delivery.MessageId} of topic {group.Topic} was dropped by the app");
        return broker.FinishAsync(group, delivery.MessageId);
    }
}
