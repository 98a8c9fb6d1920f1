using Ncn.LocalRuntime.Actors;
using Ncn.LocalRuntime.Bindings;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.Invocation;
using Ncn.LocalRuntime.PubSub;
using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.State;
using Ncn.LocalRuntime.Storage;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime;

/// <summary>The building blocks wired together, the server of their API, and the apps that use it.</summary>
internal sealed class SidecarHost : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWarning = TimeSpan.FromSeconds(60);
    private readonly CancellationTokenSource stopping = new();
    private readonly AppDirectory directory;
    private readonly Database database;
    private readonly StateStores stores;
    private readonly Broker broker;
    private readonly Consumers consumers;
    private readonly IdleActors idle;
    private readonly Reminders reminders;
    private readonly ApiServer api;
    private readonly ServiceBusServer? serviceBus;
    private WebApplication? server;

    private SidecarHost(NetworkPlan plan, RuntimeOptions options)
    {
        var time = TimeProvider.System;
        directory = new AppDirectory([.. plan.Apps.Select(app => new AppInstance(app, [.. plan.Components.Where(component => component.IsVisibleTo(app.ScopeId))]))]);
        database = new Database(Path.Combine(options.StateDirectory, "runtime.db"), Broker.Schema + ReminderStore.Schema + MessageStore.Schema);
        stores = new StateStores(plan.Components, options.StateDirectory, time);
        broker = new Broker(database, time);
        consumers = new Consumers(broker, directory, plan.Policies, time, stopping.Token);
        var table = new ActorTable();
        var caller = new ActorCaller(table, directory, plan.Policies, time);
        var timers = new ActorTimers(table, caller, time, stopping.Token);
        reminders = new Reminders(new ReminderStore(database), caller, time, stopping.Token);
        idle = new IdleActors(table, caller, directory, time);
        var queues = new StorageQueues(plan.Components);
        var bindings = new InputBindings(queues, plan.Policies, time, stopping.Token);
        api = new ApiServer(directory.All,
        [
            new ActorsApi(caller, timers, reminders, stores, time), new StateApi(stores), new PubSubApi(broker), new BindingsApi(queues, plan.Policies),
            plan.Secrets, new MetadataApi(table.CountActive), new InvocationApi(directory, plan.Policies),
        ]);
        serviceBus = plan.ServiceBus is { } bus
            ? new ServiceBusServer(bus.Port, bus.Key, new ServiceBusApi(new MessageQueues(bus.Queues, new MessageStore(database, time), time)), time)
            : null;
        Runners = [.. directory.All.Select(app => ToRunner(app, plan, options, bindings))];
    }

    public IReadOnlyList<AppRunner> Runners { get; }

    public static async Task<SidecarHost> StartAsync(NetworkPlan plan, RuntimeOptions options)
    {
        var host = new SidecarHost(plan, options);
        try
        {
            host.server = await host.api.StartAsync();
            await (host.serviceBus?.StartAsync() ?? Task.CompletedTask);
            return host;
        }
        catch (IOException error)
        {
            await host.DisposeAsync();
            throw new ConfigurationException($"The ports of the Dapr API or of Service Bus cannot be opened: {error.Message} Another network may be running; NCN_PORT_OFFSET or --ports system moves this one.", error);
        }
    }

    public void StartApps(Action changed)
    {
        directory.Arrived += _ => changed();
        directory.Left += _ => changed();
        reminders.Start();
        foreach (var runner in Runners)
        {
            runner.Start();
        }
    }

    /// <summary>True when every app has answered; says which have not after a minute, and goes on waiting.</summary>
    public async Task<bool> WaitUntilReadyAsync(CancellationToken stop)
    {
        while (!await directory.WaitAsync(() => directory.All.All(app => app.Presence is not null), ReadyWarning, stop))
        {
            var missing = directory.All.Where(app => app.Presence is null).Select(app => app.AppId);
            RuntimeLog.Write("runtime", $"still waiting for {string.Join(", ", missing)}; their logs are in the logs folder");
        }

        await broker.EndStartAsync();
        RuntimeLog.Write("runtime", $"all {directory.All.Count} apps are ready");
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(Runners.Select(runner => runner.Process.DisposeAsync().AsTask()));
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        await (serviceBus?.DisposeAsync() ?? ValueTask.CompletedTask);
        idle.Dispose();
        consumers.Dispose();
        stores.Dispose();
        database.Dispose();
    }

    private AppRunner ToRunner(AppInstance app, NetworkPlan plan, RuntimeOptions options, InputBindings bindings)
    {
        var name = plan.Apps.Count(other => other.AppId == app.AppId) > 1 ? $"{app.AppId}-{app.Spec.AppPort}" : app.AppId;
        var spec = new ChildSpec(name, app.Spec.Directory, app.Spec.Command, AppEnvironment.For(app.Spec, options, plan));
        var declared = plan.Subscriptions.Where(entry => entry.Scopes.Count == 0 || entry.Scopes.Contains(app.Spec.ScopeId)).Select(entry => entry.Subscription).ToList();
        return new AppRunner(app, new SupervisedProcess(spec, plan.Logs), directory, broker, bindings, declared);
    }
}
