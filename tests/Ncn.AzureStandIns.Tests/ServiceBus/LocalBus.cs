using Azure.Messaging.ServiceBus;
using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Storage;

namespace Ncn.AzureStandIns.Tests.ServiceBus;

/// <summary>The local runtime's Service Bus in this process, on a port that the system chose; each test takes queues of its own.</summary>
internal sealed class LocalBus : IAsyncDisposable
{
    /// <summary>The queue that has locks of five minutes, five deliveries and duplicate detection.</summary>
    public const string Slow = "slow";

    /// <summary>The queue with locks of eight seconds and two deliveries.</summary>
    public const string Quick = "quick";

    /// <summary>A queue like any other.</summary>
    public const string Plain = "plain";

    private readonly string folder = Directory.CreateTempSubdirectory("ncn-bus-").FullName;
    private readonly Database database;
    private readonly ServiceBusServer server;
    private readonly SharedKey key;

    private LocalBus()
    {
        QueueSpec[] queues =
        [
            new(Slow) { LockDuration = TimeSpan.FromMinutes(5), MaxDeliveryCount = 5, DuplicateWindow = TimeSpan.FromMinutes(10) },
            new(Plain),
            new(Quick) { LockDuration = TimeSpan.FromSeconds(8), MaxDeliveryCount = 2 },
        ];
        database = new Database(Path.Combine(folder, "bus.db"), MessageStore.Schema);
        key = SharedKey.OpenOrCreate(folder);
        var time = TimeProvider.System;
        server = new ServiceBusServer(0, key, new ServiceBusApi(new MessageQueues(queues, new MessageStore(database, time), time)), time);
    }

    public string ConnectionString => key.ConnectionString(server.Port);

    public int Port => server.Port;

    public static async Task<LocalBus> StartAsync()
    {
        var bus = new LocalBus();
        await bus.server.StartAsync();
        return bus;
    }

    public ServiceBusClient Connect() => new(ConnectionString, new ServiceBusClientOptions { RetryOptions = new ServiceBusRetryOptions { Delay = TimeSpan.FromMilliseconds(50) } });

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        database.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
