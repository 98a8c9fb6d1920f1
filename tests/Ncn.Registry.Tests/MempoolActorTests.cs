using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

public class MempoolActorTests
{
    private static readonly Address Node = Samples.Signer(1).Address;
    private static readonly string Pool = RegistryFixture.PoolId(RegistryFixture.TinyChat);

    [Fact]
    public async Task A_published_job_is_put_on_its_subnets_work_queue()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.SetFreeSlotsAsync(1);

        var (status, body) = await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds));

        Assert.Equal((200, """{"status":"SUCCESS"}"""), (status, body));
        var (binding, request) = Assert.Single(registry.Sidecar.Work);
        Assert.Equal("work-text", binding);
        Assert.Equal("create", request.GetProperty("operation").GetString());
        Assert.Equal(
            $$"""{"requestId":"{{Samples.Request(1)}}","leaseToken":1,"gatewayUrl":"http://127.0.0.1:8080","model":"tiny-chat"}""",
            request.GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task A_job_waits_for_room_and_a_nodes_heartbeat_makes_it()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds));
        Assert.Empty(registry.Sidecar.Work);

        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, 1, RegistryFixture.TinyChat));

        await EventuallyAsync(() => registry.Sidecar.Work.Count == 1);
    }

    [Fact]
    public async Task A_job_is_accepted_under_its_lease_and_completed()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.SetFreeSlotsAsync(2);
        var job = Samples.Job(1, registry.Time.Milliseconds);
        await SubmitAsync(registry, job);

        Assert.False((await AcceptAsync(registry, 1, token: 9)).Accepted);
        Assert.Equal(60_000UL, (await AcceptAsync(registry, 1, token: 1)).LeaseMilliseconds);
        Assert.Equal(new MempoolView(0, 1, 1), await registry.Mempool.GetAsync());
        await registry.Mempool.ApplyAsync([new MempoolStep { Complete = job.RequestId }]);

        Assert.Equal(new MempoolView(0, 0, 2), await registry.Mempool.GetAsync());
        Assert.DoesNotContain(registry.Sidecar.State.Keys, key => key.Contains("job-", StringComparison.Ordinal));
        Assert.False((await SubmitAsync(registry, job)).Accepted);
        Assert.Single(registry.Sidecar.Work);
    }

    [Fact]
    public async Task A_lost_workers_job_is_handed_out_again_even_over_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.SetFreeSlotsAsync(1);
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds));
        await AcceptAsync(registry, 1, token: 1);

        await registry.CrashAsync();
        registry.Time.Advance(60_000);
        await registry.Sidecar.FireAsync(ActorTypes.Mempool, Pool, "wake");
        await registry.Mempool.SetFreeSlotsAsync(1);
        registry.Time.Advance(1_000);
        await registry.Sidecar.FireAsync(ActorTypes.Mempool, Pool, "wake");

        Assert.Equal([1UL, 2UL], registry.Sidecar.Work.Select(sent => sent.Request.GetProperty("data").GetProperty("leaseToken").GetUInt64()));
        Assert.False((await AcceptAsync(registry, 1, token: 1)).Accepted);
        Assert.True((await AcceptAsync(registry, 1, token: 2)).Accepted);
    }

    [Fact]
    public async Task A_queue_that_is_away_loses_no_job()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.SetFreeSlotsAsync(1);
        registry.Sidecar.RefusesWork = true;
        Assert.True((await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds))).Accepted);
        Assert.Equal(1, (await registry.Mempool.GetAsync()).Waiting);

        registry.Sidecar.RefusesWork = false;
        registry.Time.Advance(1_000);
        await registry.Sidecar.FireAsync(ActorTypes.Mempool, Pool, "wake");

        Assert.Equal(2UL, Assert.Single(registry.Sidecar.Work).Request.GetProperty("data").GetProperty("leaseToken").GetUInt64());
    }

    [Fact]
    public async Task A_job_that_could_not_be_saved_is_refused_and_not_handed_out()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.SetFreeSlotsAsync(1);
        registry.Sidecar.RefusesCommits = true;

        Assert.Equal(500, (await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds))).Status);
        Assert.Empty(registry.Sidecar.Work);
        registry.Sidecar.RefusesCommits = false;
        Assert.Equal(200, (await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds))).Status);
        await registry.Mempool.SetFreeSlotsAsync(1);

        Assert.Single(registry.Sidecar.Work);
    }

    [Fact]
    public async Task A_release_whose_commit_went_unanswered_is_made_good_when_its_lease_ends()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds));
        registry.Sidecar.LosesAnswersToCommits = true;
        await Assert.ThrowsAsync<Dapr.Actors.ActorMethodInvocationException>(() => registry.Mempool.SetFreeSlotsAsync(1));
        registry.Sidecar.LosesAnswersToCommits = false;
        Assert.Empty(registry.Sidecar.Work);

        registry.Time.Advance(30_000);
        await registry.Sidecar.FireAsync(ActorTypes.Mempool, Pool, "wake");
        registry.Time.Advance(1_000);
        await registry.Mempool.SetFreeSlotsAsync(1);

        Assert.Equal(2UL, Assert.Single(registry.Sidecar.Work).Request.GetProperty("data").GetProperty("leaseToken").GetUInt64());
    }

    [Fact]
    public async Task A_turn_writes_a_small_part_of_a_large_pool_and_a_crash_loses_nothing_of_it()
    {
        await using var registry = await RegistryFixture.StartAsync();
        const int jobs = 120;
        for (var i = 1; i <= jobs; i++)
        {
            await SubmitAsync(registry, Samples.Job(i, registry.Time.Milliseconds));
        }

        var whole = registry.Sidecar.State.Where(entry => entry.Key.Contains("/jobs-", StringComparison.Ordinal)).Sum(entry => entry.Value.Length);
        Assert.True(registry.Sidecar.LastCommitLength < whole / 4, $"a submission wrote {registry.Sidecar.LastCommitLength} of {whole} characters");
        await registry.CrashAsync();
        Assert.Equal(jobs, (await registry.Mempool.GetAsync()).Waiting);
    }

    [Fact]
    public async Task A_job_past_its_deadline_fails_its_request_and_frees_the_clients_money()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var payer = Samples.Signer(3);
        var channel = Samples.Config(payer).Id(RegistryFixture.PaymentsDomain);
        await registry.Channel(channel).ReserveAsync(Samples.Reserve(payer, 1, 100, 50, registry.Time.Milliseconds));
        await registry.Request(Samples.Request(1)).BeginAsync(new BeginCall(Samples.Hash(9), 600_000, Samples.Queued(registry.Time.Milliseconds, channel)));
        await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds, life: 10_000));

        registry.Time.Advance(10_000);
        await registry.Sidecar.FireAsync(ActorTypes.Mempool, Pool, "wake");
        await DeliverResultsAsync(registry);

        var answer = (await registry.Request(Samples.Request(1)).GetAsync())!.Answer!;
        Assert.Equal(504, answer.StatusCode);
        Assert.Equal("not_served", JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(TokenAmount.Zero, (await registry.Channel(channel).GetAsync()).Reserved);
        Assert.Equal(new MempoolView(0, 0, 0), await registry.Mempool.GetAsync());
    }

    [Fact]
    public async Task A_request_that_was_charged_meanwhile_keeps_waiting_for_its_answer()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var payer = Samples.Signer(3);
        var channel = Samples.Config(payer).Id(RegistryFixture.PaymentsDomain);
        await registry.Channel(channel).ReserveAsync(Samples.Reserve(payer, 1, 100, 50, registry.Time.Milliseconds));
        await registry.Request(Samples.Request(1)).BeginAsync(new BeginCall(Samples.Hash(9), 600_000, Samples.Queued(registry.Time.Milliseconds, channel)));
        await registry.Channel(channel).ChargeAsync(new ChargeCall(Samples.Request(1).ToString(), Samples.Amount(30)));
        var givenUp = $$"""{"requestId":"{{Samples.Request(1)}}","death":1}""";

        Assert.Equal(500, (await registry.Sidecar.DeliverAsync("results", givenUp)).Status);
        await registry.Request(Samples.Request(1)).CompleteAsync(new StoredAnswer(200, "{}", [], Samples.Amount(30)));
        Assert.Equal(200, (await registry.Sidecar.DeliverAsync("results", givenUp)).Status);

        Assert.Equal(200, (await registry.Request(Samples.Request(1)).GetAsync())!.Answer!.StatusCode);
    }

    [Theory]
    [InlineData("infer", "not_queued", false)]
    [InlineData("chat", "not_queued", true)]
    public async Task A_job_that_the_pool_refuses_fails_its_request_in_its_protocols_shape(string dialect, string code, bool hasCode)
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        await registry.Request(Samples.Request(1)).BeginAsync(new BeginCall(Samples.Hash(9), 600_000, Samples.Queued(now, dialect: dialect)));

        Assert.Equal(200, (await PublishAsync(registry, Samples.Job(1, now) with { Deadline = now })).Status);

        var error = JsonDocument.Parse((await registry.Request(Samples.Request(1)).GetAsync())!.Answer!.Body).RootElement.GetProperty("error");
        var text = hasCode ? error.GetProperty("message").GetString() : error.GetString();
        Assert.StartsWith("The job's deadline has passed.", text, StringComparison.Ordinal);
        Assert.Equal(hasCode ? code : null, hasCode ? error.GetProperty("code").GetString() : null);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"requestId":"0x12"}""")]
    public async Task A_message_that_is_no_job_is_dropped(string data)
    {
        await using var registry = await RegistryFixture.StartAsync();

        var (status, _) = await registry.Sidecar.DeliverAsync("mempool", data);

        Assert.Equal(200, status);
        Assert.DoesNotContain(registry.Sidecar.State.Keys, key => key.Contains(ActorTypes.Mempool, StringComparison.Ordinal));
    }

    public static TheoryData<string> BadJobs() => ["subnet", "name", "model", "url", "scheme"];

    [Theory]
    [MemberData(nameof(BadJobs))]
    public async Task A_job_with_a_bad_part_is_refused(string part)
    {
        await using var registry = await RegistryFixture.StartAsync();
        var good = Samples.Job(1, registry.Time.Milliseconds);

        var result = await SubmitAsync(registry, part switch
        {
            "subnet" => good with { Subnet = new SubnetId(2) },
            "name" => good with { SubnetName = "text/../x" },
            "model" => good with { Model = new string('m', 257) },
            "url" => good with { GatewayUrl = "nowhere" },
            _ => good with { GatewayUrl = "file:///etc/passwd" },
        });

        Assert.False(result.Accepted);
        Assert.NotEmpty(result.Reason);
    }

    private static async Task<MempoolResult> SubmitAsync(RegistryFixture registry, QueuedJob job) =>
        Assert.Single(await registry.Mempool.ApplyAsync([new MempoolStep { Submit = job }]));

    private static async Task<MempoolResult> AcceptAsync(RegistryFixture registry, int request, ulong token) =>
        Assert.Single(await registry.Mempool.ApplyAsync([new MempoolStep { Accept = new JobAccept(Samples.Request(request), Node, token, registry.Time.Milliseconds) }]));

    private static Task<(int Status, string Body)> PublishAsync(RegistryFixture registry, QueuedJob job) =>
        registry.Sidecar.DeliverAsync("mempool", JsonSerializer.Serialize(job, ProtocolJson.Options));

    private static async Task DeliverResultsAsync(RegistryFixture registry)
    {
        var (topic, data) = Assert.Single(registry.Sidecar.Published);
        Assert.Equal(200, (await registry.Sidecar.DeliverAsync(topic, data)).Status);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
