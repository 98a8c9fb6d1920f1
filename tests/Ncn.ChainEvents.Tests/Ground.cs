using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Storage;
using Ncn.Tests.Azurite;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>What the app stands on, all of it real: anvil with the contracts, Azurite, and the local runtime's Service Bus.</summary>
public sealed class Ground : IAsyncLifetime, IDisposable
{
    public const string Name = "ground";
    private readonly AzuriteTables _tables = new();

    public LocalChain Chain { get; } = new();

    internal string Tables => _tables.ConnectionString;

    public Task InitializeAsync() => Chain.InitializeAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        Chain.Dispose();
        _tables.Dispose();
    }
}

[CollectionDefinition(Ground.Name)]
public sealed class OnTheGround : ICollectionFixture<Ground>;

/// <summary>A namespace with the queue as <c>dapr/servicebus.json</c> declares it, on a port that the system chose.</summary>
internal sealed class Bus : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly Database _database;
    private readonly ServiceBusServer _server;
    private readonly SharedKey _key;

    private Bus()
    {
        _key = SharedKey.OpenOrCreate(_folder);
        _database = new Database(Path.Combine(_folder, "bus.db"), MessageStore.Schema);
        var queue = new QueueSpec("chain-events") { DuplicateWindow = TimeSpan.FromMinutes(10), MaxDeliveryCount = 3 };
        var queues = new MessageQueues([queue], new MessageStore(_database, TimeProvider.System), TimeProvider.System);
        _server = new ServiceBusServer(0, _key, new ServiceBusApi(queues), TimeProvider.System);
    }

    internal string ConnectionString => _key.ConnectionString(_server.Port);

    internal static async Task<Bus> StartAsync()
    {
        var bus = new Bus();
        await bus._server.StartAsync();
        return bus;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
