using System.Collections.Concurrent;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.PubSub;

/// <summary>Keeps one <see cref="Consumer"/> for each group that a running app has subscribed.</summary>
internal sealed class Consumers : IDisposable
{
    private readonly ConcurrentDictionary<Group, Consumer> running = new();
    private readonly Broker broker;
    private readonly AppDirectory apps;
    private readonly ResiliencyPolicies policies;
    private readonly CancellationToken stopping;
    private readonly ITimer cleaner;

    public Consumers(Broker broker, AppDirectory apps, ResiliencyPolicies policies, TimeProvider time, CancellationToken stopping)
    {
        (this.broker, this.apps, this.policies, this.stopping) = (broker, apps, policies, stopping);
        broker.Published += WakeAll;
        apps.Arrived += Start;
        cleaner = time.CreateTimer(_ => _ = broker.RemoveExpiredAsync(), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
    }

    public void Dispose()
    {
        cleaner.Dispose();
        broker.Published -= WakeAll;
        apps.Arrived -= Start;
    }

    private void Start(AppInstance app)
    {
        foreach (var subscription in app.Presence?.Subscriptions ?? [])
        {
            var group = new Group(subscription.PubSubName, subscription.Topic, app.AppId);
            lock (running)
            {
                running.GetOrAdd(group, Begin).Wake();
            }
        }
    }

    private Consumer Begin(Group group)
    {
        var consumer = new Consumer(group, broker, apps, policies.ForComponentInbound(group.PubSubName), stopping);
        _ = Task.Run(() => RunAsync(group, consumer), CancellationToken.None);
        return consumer;
    }

    private async Task RunAsync(Group group, Consumer consumer)
    {
        try
        {
            using (consumer)
            {
                await consumer.RunAsync();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            RuntimeLog.Write(group.AppId, $"no more deliveries from topic {group.Topic}");
        }
    }

    private void WakeAll()
    {
        foreach (var consumer in running.Values)
        {
            consumer.Wake();
        }
    }
}
