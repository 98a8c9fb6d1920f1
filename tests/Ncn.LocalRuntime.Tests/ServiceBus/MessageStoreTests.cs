using System.Text;
using System.Text.Json.Nodes;
using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Storage;
using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests.ServiceBus;

/// <summary>The rules of a queue, on a clock that the tests move.</summary>
public sealed class MessageStoreTests : IDisposable
{
    private static readonly QueueSpec Queue = new("q")
    {
        LockDuration = TimeSpan.FromSeconds(30),
        MaxDeliveryCount = 3,
        DuplicateWindow = TimeSpan.FromMinutes(10),
        DeadLetteringOnMessageExpiration = true,
        DefaultMessageTimeToLive = TimeSpan.FromHours(1),
        MaxBytes = 100,
    };

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;
    private readonly MovedTime time = new();
    private Database database;
    private MessageStore store;

    public MessageStoreTests() => (database, store) = Open();

    [Fact]
    public async Task Messages_come_in_order_and_a_lock_hides_one_until_it_runs_out()
    {
        await SendAsync("a", "b");
        var a = await TakeAsync();
        var b = await TakeAsync();
        Assert.Equal(("a", 1, "b"), (Id(a), a!.Deliveries, Id(b)));
        Assert.Null(await TakeAsync());
        Assert.False(store.HasNext(Live));
        Assert.Equal(time.GetUtcNow() + Queue.LockDuration, store.NextChange(Live));

        time.Move(Queue.LockDuration);
        Assert.False(await store.CompleteAsync(Live, "a", a.LockToken!), "the lock ran out");
        var again = await TakeAsync();
        Assert.Equal(("a", 2), (Id(again), again!.Deliveries));
        Assert.NotEqual(a.LockToken, again.LockToken);
        Assert.True(await store.CompleteAsync(Live, "a", again.LockToken!));
        Assert.False(await store.CompleteAsync(Live, "a", again.LockToken!), "it was settled already");
    }

    [Fact]
    public async Task A_lock_names_one_message_of_one_queue()
    {
        await SendAsync("a", "b");
        var a = await TakeAsync();
        var b = await TakeAsync();
        Assert.False(await store.CompleteAsync(Live, "b", a!.LockToken!));
        Assert.False(await store.CompleteAsync(Dead, "a", a.LockToken!));
        Assert.False(await store.CompleteAsync(new QueueSide(new QueueSpec("other"), false), "a", a.LockToken!));
        Assert.True(await store.CompleteAsync(Live, $"{b!.Sequence}", b.LockToken!), "by its sequence number");
        Assert.True(await store.CompleteAsync(Live, "a", a.LockToken!));
    }

    [Fact]
    public async Task Renewing_holds_a_message_longer()
    {
        await SendAsync("a");
        var a = await TakeAsync();
        time.Move(TimeSpan.FromSeconds(20));
        Assert.Equal((time.GetUtcNow() + Queue.LockDuration).ToUnixTimeMilliseconds(), await store.RenewAsync(Live, "a", a!.LockToken!));
        time.Move(TimeSpan.FromSeconds(29));
        Assert.Null(await TakeAsync());
        time.Move(TimeSpan.FromSeconds(1));
        Assert.Null(await store.RenewAsync(Live, "a", a.LockToken!));
        Assert.Equal("a", Id(await TakeAsync()));
    }

    [Fact]
    public async Task An_abandoned_message_is_free_at_once_and_one_that_never_arrived_does_not_count()
    {
        await SendAsync("a");
        Assert.True(await store.AbandonAsync(Live, "a", (await TakeAsync())!.LockToken!));
        var second = await TakeAsync();
        Assert.Equal(2, second!.Deliveries);
        Assert.True(await store.ReturnAsync(Live, second));
        Assert.Equal(2, (await TakeAsync())!.Deliveries);
    }

    [Fact]
    public async Task After_its_last_delivery_a_message_is_a_dead_letter_with_the_reason()
    {
        await SendAsync("a", "b");
        for (var delivery = 1; delivery <= Queue.MaxDeliveryCount; delivery++)
        {
            Assert.True(await store.AbandonAsync(Live, "a", (await TakeAsync())!.LockToken!));
        }

        Assert.True(store.HasNext(Dead), "before anybody looks at the queue itself");
        Assert.Equal("b", Id(await TakeAsync()));
        var dead = await store.TakeAsync(Dead, keeps: true);
        Assert.Equal(("a", "MaxDeliveryCountExceeded"), (Id(dead), dead!.User["DeadLetterReason"]!.GetValue<string>()));
        time.Move(TimeSpan.FromDays(30));
        Assert.Equal("a", Id(await store.TakeAsync(Dead, keeps: true)));
    }

    [Fact]
    public async Task A_receiver_can_dead_letter_with_properties()
    {
        await SendAsync("a");
        var a = await TakeAsync();
        Assert.True(await store.DeadLetterAsync(Live, "a", a!.LockToken!, new JsonObject { ["DeadLetterReason"] = "unreadable", ["Shelf"] = 7 }));
        Assert.Null(await TakeAsync());
        var dead = await store.TakeAsync(Dead, keeps: true);
        Assert.Equal(("unreadable", 7), (dead!.User["DeadLetterReason"]!.GetValue<string>(), dead.User["Shelf"]!.GetValue<int>()));
        Assert.True(await store.CompleteAsync(Dead, "a", dead.LockToken!));
        Assert.False(store.HasNext(Dead));
    }

    [Fact]
    public async Task An_id_that_was_seen_within_the_window_is_dropped_even_when_its_message_is_gone()
    {
        await SendAsync("a", "a");
        Assert.True(await store.CompleteAsync(Live, "a", (await TakeAsync())!.LockToken!));
        time.Move(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        await SendAsync("a", "b");
        Assert.Equal("b", Id(await TakeAsync()));
        time.Move(TimeSpan.FromMilliseconds(1));
        await SendAsync("a");
        Assert.Equal("a", Id(await TakeAsync()));
    }

    [Fact]
    public async Task Without_duplicate_detection_every_message_counts()
    {
        var plain = Queue with { Name = "plain", DuplicateWindow = null };
        await store.SendAsync(plain, [New("a"), New("a")]);
        Assert.NotNull(await store.TakeAsync(new QueueSide(plain, false), keeps: false));
        Assert.NotNull(await store.TakeAsync(new QueueSide(plain, false), keeps: false));
        Assert.Null(await store.TakeAsync(new QueueSide(plain, false), keeps: false));
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData(5.0, 5)]
    [InlineData(90.0, 60)]
    public async Task A_message_expires_by_the_shorter_of_its_own_and_the_queues_limit(double? ownMinutes, int minutes)
    {
        await store.SendAsync(Queue, [New("a") with { TimeToLive = ownMinutes is { } own ? TimeSpan.FromMinutes(own) : null }]);
        time.Move(TimeSpan.FromMinutes(minutes) - TimeSpan.FromMilliseconds(1));
        Assert.True(store.HasNext(Live));
        time.Move(TimeSpan.FromMilliseconds(1));
        Assert.Null(await TakeAsync());
        Assert.Equal("TTLExpiredException", (await store.TakeAsync(Dead, keeps: true))!.User["DeadLetterReason"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_expired_message_is_dropped_where_the_queue_says_so()
    {
        var dropping = Queue with { Name = "dropping", DeadLetteringOnMessageExpiration = false };
        await store.SendAsync(dropping, [New("a")]);
        time.Move(TimeSpan.FromHours(1));
        Assert.Null(await store.TakeAsync(new QueueSide(dropping, false), keeps: true));
        Assert.Null(await store.TakeAsync(new QueueSide(dropping, true), keeps: true));
    }

    [Fact]
    public async Task A_scheduled_message_comes_when_it_is_due()
    {
        await store.SendAsync(Queue, [New("later") with { ScheduledFor = time.GetUtcNow() + TimeSpan.FromMinutes(90) }]);
        Assert.Null(await TakeAsync());
        time.Move(TimeSpan.FromMinutes(90));
        Assert.Equal("later", Id(await TakeAsync()));
    }

    [Fact]
    public async Task A_full_queue_refuses_all_of_a_batch_until_there_is_room()
    {
        await store.SendAsync(Queue, [New("a", 60)]);
        var refusal = await Assert.ThrowsAsync<BusException>(() => store.SendAsync(Queue, [New("b", 20), New("c", 21)]));
        Assert.Equal(403, refusal.Status);
        Assert.True(await store.CompleteAsync(Live, "a", (await TakeAsync())!.LockToken!));
        await store.SendAsync(Queue, [New("b", 50), New("c", 50)]);
        Assert.Equal("b", Id(await TakeAsync()));
    }

    [Fact]
    public async Task Everything_is_as_it_was_after_the_file_is_opened_again()
    {
        await SendAsync("locked", "free", "poison");
        var locked = await TakeAsync();
        database.Dispose();
        (database, store) = Open();
        Assert.Equal("free", Id(await TakeAsync()));
        Assert.True(await store.CompleteAsync(Live, "locked", locked!.LockToken!), "the lock holds on");
        await SendAsync("free");
        Assert.Equal("poison", Id(await TakeAsync()));
        Assert.Null(await TakeAsync());
    }

    public void Dispose()
    {
        database.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static QueueSide Live => new(Queue, false);

    private static QueueSide Dead => new(Queue, true);

    private static Posting New(string id, int bytes = 1) =>
        BrokerProperties.Read($$"""{"MessageId":"{{id}}"}""", Encoding.ASCII.GetBytes(new string('x', bytes)), "text/plain", []);

    private static string? Id(Delivery? delivery) => delivery?.Broker["MessageId"]!.GetValue<string>();

    private (Database Database, MessageStore Store) Open()
    {
        var opened = new Database(Path.Combine(folder, "bus.db"), MessageStore.Schema);
        return (opened, new MessageStore(opened, time));
    }

    private Task<bool> SendAsync(params string[] ids) => store.SendAsync(Queue, [.. ids.Select(id => New(id))]);

    private Task<Delivery?> TakeAsync() => store.TakeAsync(Live, keeps: true);
}
