using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Ncn.DaprStandIns.Tests;

public class ActorHostTests
{
    [Fact]
    public async Task Configuration_lists_types_and_options_that_are_set()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204), options =>
        {
            options.Actors.RegisterActor<ShopActor>("Renamed", new ActorRuntimeOptions { ActorIdleTimeout = TimeSpan.FromSeconds(5) });
            options.ActorIdleTimeout = TimeSpan.FromHours(1);
            options.ActorScanInterval = TimeSpan.FromSeconds(30);
            options.DrainOngoingCallTimeout = TimeSpan.FromSeconds(90);
            options.DrainRebalancedActors = true;
            options.RemindersStoragePartitions = 3;
            options.ReentrancyConfig = new ActorReentrancyConfig { Enabled = true, MaxStackDepth = 32 };
        });

        var (status, body) = await app.SendAsync(HttpMethod.Get, "dapr/config");

        Assert.Equal(200, status);
        Assert.Equal("""{"entities":["Shop","Renamed"],"actorIdleTimeout":"1h0m0s0ms","actorScanInterval":"0h0m30s0ms","drainOngoingCallTimeout":"0h1m30s0ms","drainRebalancedActors":true,"remindersStoragePartitions":3,"reentrancy":{"enabled":true,"maxStackDepth":32},"entitiesConfig":[{"entities":["Renamed"],"actorIdleTimeout":"0h0m5s0ms","reentrancy":{"enabled":false}}]}""", body);
    }

    [Fact]
    public async Task A_turn_commits_what_it_wrote_in_one_transaction()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));

        await BuyAsync(app);

        Assert.Equal(["GET /v1.0/actors/Shop/s1/state/item", "GET /v1.0/actors/Shop/s1/state/soon-gone", "PUT /v1.0/actors/Shop/s1/state"], Lines(app));
        var commit = app.Sidecar.Requests[^1];
        Assert.Equal("text/plain; charset=utf-8", commit.ContentType);
        Assert.Equal("secret", commit.Headers["dapr-api-token"]);
        Assert.Equal("""[{"operation":"upsert","request":{"key":"item","value":{"id":"z","qty":14}}},{"operation":"upsert","request":{"key":"soon-gone","value":1,"metadata":{"ttlInSeconds":"60"}}}]""", commit.Text);
        Assert.Equal(["activated s1"], app.Journal.Lines);
    }

    [Fact]
    public async Task A_turn_that_only_reads_sends_no_transaction_and_keeps_what_it_read()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(200, """{"id":"z","qty":7}"""));

        Assert.Equal("""{"id":"z","qty":7}""", (await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/FindAsync", "\"item\"")).Body);
        await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/FindAsync", "\"item\"");

        Assert.Equal(["GET /v1.0/actors/Shop/s1/state/item"], Lines(app));
    }

    [Fact]
    public async Task Removing_deletes_and_what_was_never_stored_is_not_deleted()
    {
        await using var app = await ShopApp.StartAsync(request =>
            request.Target.EndsWith("/item", StringComparison.Ordinal) ? new Answer(200, """{"id":"z","qty":7}""") : new Answer(204));

        await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/CloseAsync");

        Assert.Equal("""[{"operation":"delete","request":{"key":"item"}}]""", app.Sidecar.Requests[^1].Text);
    }

    [Fact]
    public async Task A_turn_that_throws_saves_nothing_and_forgets_what_it_wrote()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));

        var (status, body) = await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/SpoilAsync");
        var (_, found) = await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/FindAsync", "\"item\"");

        Assert.Equal(500, status);
        Assert.Equal(string.Empty, body);
        Assert.Equal("null", found);
        Assert.DoesNotContain(app.Sidecar.Requests, request => request.Method == "PUT");
    }

    [Fact]
    public async Task A_turn_whose_save_fails_throws_and_the_next_turn_reads_again()
    {
        await using var app = await ShopApp.StartAsync(request => request.Method == "PUT" ? new Answer(500, """{"errorCode":"ERR_ACTOR_STATE_TRANSACTION_SAVE"}""") : new Answer(204));

        var failure = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => BuyAsync(app));
        var (_, found) = await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/FindAsync", "\"item\"");

        Assert.Equal("Dapr.DaprApiException", Assert.IsType<ActorInvokeException>(failure.InnerException).ActualExceptionType);
        Assert.Equal("null", found);
    }

    [Fact]
    public async Task Reminders_and_timers_are_sent_in_the_sidecars_form()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));

        await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/RemindLaterAsync");

        var sent = app.Sidecar.Requests.Select(request => $"{request.Method} {request.Target["/v1.0/actors/Shop/s1/".Length..]} {request.Text}");
        Assert.Equal(
            [
                """PUT reminders/restock {"dueTime":"0h0m5s0ms","period":"0h1m0s0ms","data":"AQI="}""",
                """PUT reminders/once {"dueTime":"30h0m0s0ms","period":"","data":""}""",
                """PUT reminders/few {"dueTime":"0h0m0s0ms","period":"R4/PT1M","data":""}""",
                """PUT timers/tick {"dueTime":"0h0m1s500ms","period":"0h0m1s0ms","data":"Aw==","callback":"OnTick"}""",
                "DELETE reminders/restock ",
                "DELETE timers/tick ",
            ],
            sent);
    }

    [Theory]
    [InlineData("0h0m5s0ms", "0h1m0s0ms", "00:00:05 00:01:00")]
    [InlineData("30h", "", "1.06:00:00 -00:00:00.0010000")]
    [InlineData("1500ms", "R4/PT1M", "00:00:01.5000000 00:01:00")]
    [InlineData("PT5S", "@every 2m3s", "00:00:05 00:02:03")]
    public async Task A_reminder_reaches_the_actor_with_its_times(string dueTime, string period, string expected)
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));

        var (status, body) = await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/remind/restock", $$"""{"data":"AQI=","dueTime":"{{dueTime}}","period":"{{period}}"}""");

        Assert.Equal((200, string.Empty), (status, body));
        Assert.Equal(["activated s1", "restock 0102 " + expected], app.Journal.Lines);
    }

    [Fact]
    public async Task A_timer_calls_the_named_method_and_answers_with_its_boolean()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));

        var (status, body) = await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/timer/tick", """{"callback":"OnTick","data":"Aw==","dueTime":"","period":"1s"}""");

        Assert.Equal((200, "true"), (status, body));
        Assert.Equal("tick 03", app.Journal.Lines[^1]);
    }

    [Fact]
    public async Task Deactivation_ends_the_instance_and_the_next_call_makes_another()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));

        await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/FindAsync", "\"item\"");
        await app.SendAsync(HttpMethod.Delete, "actors/Shop/s1");
        await app.SendAsync(HttpMethod.Put, "actors/Shop/s1/method/FindAsync", "\"item\"");

        Assert.Equal(["activated s1", "deactivated s1", "activated s1"], app.Journal.Lines);
    }

    [Fact]
    public async Task Unknown_types_are_refused_and_health_is_answered()
    {
        await using var app = await ShopApp.StartAsync(_ => new Answer(204));

        Assert.Equal(500, (await app.SendAsync(HttpMethod.Put, "actors/Nobody/s1/method/FindAsync", "1")).Status);
        Assert.Equal((200, "Healthy"), await app.SendAsync(HttpMethod.Get, "healthz"));
    }

    private static IEnumerable<string> Lines(ShopApp app) => app.Sidecar.Requests.Select(request => $"{request.Method} {request.Target}");

    /// <summary>Calls through a proxy and a sidecar that forwards to the app.</summary>
    private static async Task BuyAsync(ShopApp app)
    {
        await using var front = await RecordingSidecar.StartAsync(app.ForwardAsync);
        await ActorProxyTests.Proxy(front).BuyAsync(new Item("z", 7), 2, CancellationToken.None);
    }
}
