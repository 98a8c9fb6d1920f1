using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Storage;

namespace Ncn.LocalRuntime.Tests.ServiceBus;

/// <summary>Receivers that wait.</summary>
public sealed class MessageQueuesTests : IDisposable
{
    /// <summary>Longer than a test takes: whoever must be woken and is not, fails.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly QueueSpec Queue = new("q") { LockDuration = TimeSpan.FromMilliseconds(300), MaxDeliveryCount = 1 };

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;
    private readonly Database database;
    private readonly MessageQueues queues;

    public MessageQueuesTests()
    {
        database = new Database(Path.Combine(folder, "bus.db"), MessageStore.Schema);
        queues = new MessageQueues([Queue], new MessageStore(database, TimeProvider.System), TimeProvider.System);
    }

    [Fact]
    public async Task Each_of_many_who_wait_gets_one_message()
    {
        var waiting = Enumerable.Range(0, 20).Select(_ => queues.ReceiveAsync(Live, keeps: false, Long, default)).ToList();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => queues.SendAsync(Queue, [New($"{i}")])));
        var deliveries = await Task.WhenAll(waiting).WaitAsync(Limit);
        Assert.Equal(20, deliveries.Select(delivery => delivery!.Sequence).Distinct().Count());
    }

    [Fact]
    public async Task One_who_waits_gets_a_message_when_its_lock_runs_out()
    {
        var twice = Queue with { MaxDeliveryCount = 2 };
        await queues.SendAsync(twice, [New("a")]);
        Assert.Equal(1, (await queues.ReceiveAsync(new QueueSide(twice, false), keeps: true, TimeSpan.Zero, default))!.Deliveries);
        Assert.Equal(2, (await queues.ReceiveAsync(new QueueSide(twice, false), keeps: true, Long, default).WaitAsync(Limit))!.Deliveries);
    }

    [Fact]
    public async Task One_who_waits_for_dead_letters_gets_a_message_when_its_last_lock_runs_out()
    {
        await queues.SendAsync(Queue, [New("a")]);
        await queues.ReceiveAsync(Live, keeps: true, TimeSpan.Zero, default);
        Assert.NotNull(await queues.ReceiveAsync(Live with { IsDead = true }, keeps: true, Long, default).WaitAsync(Limit));
    }

    [Fact]
    public async Task One_who_goes_away_takes_nothing()
    {
        using var leaving = new CancellationTokenSource();
        var waiting = queues.ReceiveAsync(Live, keeps: true, Long, leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await queues.SendAsync(Queue, [New("a")]);
        Assert.Equal(1, (await queues.ReceiveAsync(Live, keeps: true, TimeSpan.Zero, default))!.Deliveries);
    }

    [Fact]
    public async Task Nothing_in_time_is_nothing() => Assert.Null(await queues.ReceiveAsync(Live, keeps: true, TimeSpan.FromMilliseconds(20), default));

    public void Dispose()
    {
        database.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static QueueSide Live => new(Queue, false);

    private static Posting New(string id) => BrokerProperties.Read($$"""{"MessageId":"{{id}}"}""", [], null, []);
}
