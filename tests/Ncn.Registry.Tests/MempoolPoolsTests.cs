using System.Globalization;
using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

/// <summary>The pools of a subnet: one for each model, or several; how they share the nodes' room, and what is told of them.</summary>
public class MempoolPoolsTests
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task A_job_is_released_only_for_a_node_that_offers_its_model()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var digits = Samples.Signer(1);
        using var chat = Samples.Signer(2);
        await registry.Subnet.JoinAsync(Samples.Record(digits, registry.Time.Milliseconds, 1, "digits"));
        await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds));
        await PublishAsync(registry, Samples.Job(2, registry.Time.Milliseconds) with { Model = "digits" });
        await EventuallyAsync(() => registry.Sidecar.Work.Count == 1);
        Assert.Equal("digits", ModelOf(registry, 0));

        await registry.Subnet.JoinAsync(Samples.Record(chat, registry.Time.Milliseconds, 1, "tiny-chat"));
        await EventuallyAsync(() => registry.Sidecar.Work.Count == 2);
        Assert.Equal("tiny-chat", ModelOf(registry, 1));
    }

    [Fact]
    public async Task Pools_with_jobs_share_the_room_of_a_node_that_offers_all_their_models()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        for (var i = 1; i <= 4; i++)
        {
            await PublishAsync(registry, Samples.Job(i, registry.Time.Milliseconds));
            await PublishAsync(registry, Samples.Job(10 + i, registry.Time.Milliseconds) with { Model = "other" });
        }

        // It has four slots.
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, 1, "other", "tiny-chat"));

        await EventuallyAsync(async () => await TakenAsync(registry, "tiny-chat") == 2 && await TakenAsync(registry, "other") == 2);
        Assert.Equal(4, registry.Sidecar.Work.Count);
    }

    [Fact]
    public async Task A_restarted_registry_goes_on_telling_the_pools_that_have_jobs()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds));
        await registry.CrashAsync();

        using var node = Samples.Signer(1);
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, 1, "tiny-chat"));

        await EventuallyAsync(() => registry.Sidecar.Work.Count == 1);
    }

    [Fact]
    public async Task One_models_requests_may_be_spread_over_several_pools()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        await PublishAsync(registry, Samples.Job(1, registry.Time.Milliseconds));
        await PublishAsync(registry, Samples.Job(2, registry.Time.Milliseconds) with { Shard = 1 });
        Assert.Equal(1, (await registry.Pool("tiny-chat").GetAsync()).Waiting);
        Assert.Equal(1, (await registry.Pool("tiny-chat", 1).GetAsync()).Waiting);

        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, 1, "tiny-chat"));

        await EventuallyAsync(() => registry.Sidecar.Work.Count == 2);
    }

    [Fact]
    public async Task A_pool_refuses_a_job_of_another_pool_and_a_step_that_says_nothing_or_two_things()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var job = Samples.Job(1, registry.Time.Milliseconds);

        var results = await registry.Mempool.ApplyAsync(
        [
            new MempoolStep { Submit = job with { Model = "other" } },
            new MempoolStep(),
            new MempoolStep { Submit = job, Cancel = job.RequestId },
            new MempoolStep { Submit = job },
        ]);

        Assert.Equal([false, false, false, true], results.Select(static result => result.Accepted));
        Assert.All(results.SkipLast(1), static result => Assert.NotEmpty(result.Reason));
    }

    [Fact]
    public async Task Many_steps_are_one_transaction()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.SetFreeSlotsAsync(0);
        var before = registry.Sidecar.Commits;

        var results = await registry.Mempool.ApplyAsync([.. Enumerable.Range(1, 100).Select(i => new MempoolStep { Submit = Samples.Job(i, registry.Time.Milliseconds) })]);

        Assert.All(results, static result => Assert.True(result.Accepted));
        Assert.Equal(before + 1, registry.Sidecar.Commits);
        Assert.Equal(100, (await registry.Mempool.GetAsync()).Waiting);
    }

    [Fact]
    public async Task Who_scales_the_workers_reads_the_length_of_each_models_queue()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.SetFreeSlotsAsync(1);
        await registry.Mempool.ApplyAsync([.. Enumerable.Range(1, 3).Select(i => new MempoolStep { Submit = Samples.Job(i, registry.Time.Milliseconds) })]);
        await registry.Pool("tiny-chat", 1).SetFreeSlotsAsync(0);
        await registry.Pool("tiny-chat", 1).ApplyAsync([new MempoolStep { Submit = Samples.Job(9, registry.Time.Milliseconds, life: 7_000) with { Shard = 1 } }]);
        registry.Time.Advance(7_000);

        Assert.Equal(3, await ReadAsync(registry, "ncn_mempool_waiting"));
        Assert.Equal(1, await ReadAsync(registry, "ncn_mempool_leased"));
        Assert.Equal(1, await ReadAsync(registry, "ncn_mempool_free_slots"));
        Assert.Equal(14, await ReadAsync(registry, "ncn_mempool_oldest_seconds"));
        await registry.Sidecar.FireAsync(ActorTypes.Mempool, RegistryFixture.PoolId("tiny-chat", 1), "wake");
        Assert.Equal(2, await ReadAsync(registry, "ncn_mempool_waiting"));
        Assert.Equal(1, await ReadAsync(registry, "ncn_mempool_given_up_total", ",reason=\"Expired\""));
    }

    [Fact]
    public async Task A_pool_of_a_form_that_this_registry_does_not_know_is_left_alone()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Mempool.ApplyAsync([new MempoolStep { Submit = Samples.Job(1, registry.Time.Milliseconds) }]);
        var head = registry.Sidecar.State.Keys.Single(static key => key.EndsWith("/pool", StringComparison.Ordinal));
        registry.Sidecar.State[head] = registry.Sidecar.State[head].Replace("\"schema\":2", "\"schema\":3", StringComparison.Ordinal);
        await registry.CrashAsync();

        var failure = await Assert.ThrowsAsync<Dapr.Actors.ActorMethodInvocationException>(() => registry.Mempool.GetAsync());

        Assert.Contains("schema 3", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_jobs_of_a_pool_as_it_was_first_stored_move_to_the_pools_of_their_models()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var job = Samples.Job(1, registry.Time.Milliseconds);
        var expired = Samples.Job(2, registry.Time.Milliseconds, life: 0);
        await registry.Request(expired.RequestId).BeginAsync(new BeginCall(Samples.Hash(9), 600_000, Samples.Queued(registry.Time.Milliseconds)));
        const string old = $"{ActorTypes.Mempool}/1/";
        const string state = """{"fee":"1","submittedAt":1,"deadline":2,"deliveries":0,"phase":0,"until":1,"token":0,"node":"0x0000000000000000000000000000000000000000","death":0}""";
        registry.Sidecar.State[old + "last-token"] = "7";
        registry.Sidecar.State[old + "jobs-3"] = $$"""{"{{job.RequestId}}":{{state}},"{{expired.RequestId}}":{{state}}}""";
        registry.Sidecar.State[old + "done-3"] = "{}";
        foreach (var each in (QueuedJob[])[job, expired])
        {
            registry.Sidecar.State[$"{old}job-{each.RequestId}"] = JsonSerializer.Serialize(each, ProtocolJson.Options);
        }

        registry.Sidecar.Reminders[old + "wake"] = 0;
        await registry.Sidecar.FireAsync(ActorTypes.Mempool, "1", "wake");

        Assert.Equal(new MempoolView(1, 0, 0), await registry.Mempool.GetAsync());
        Assert.Equal(504, (await registry.Request(expired.RequestId).GetAsync())!.Answer!.StatusCode);
        Assert.DoesNotContain(registry.Sidecar.State.Keys, static key => key.StartsWith(old, StringComparison.Ordinal));
    }

    private static async Task<double> ReadAsync(RegistryFixture registry, string family, string more = "")
    {
        var all = await Http.GetStringAsync(new Uri(registry.Sidecar.App!, "metrics"));
        var line = all.Split('\n').Single(text => text.StartsWith($"{family}{{", StringComparison.Ordinal) && text.Contains("model=\"tiny-chat\"", StringComparison.Ordinal));
        Assert.Contains("subnet=\"1\"", line, StringComparison.Ordinal);
        Assert.Contains(more.TrimStart(','), line, StringComparison.Ordinal);
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static string? ModelOf(RegistryFixture registry, int sent) =>
        registry.Sidecar.Work.ElementAt(sent).Request.GetProperty("data").GetProperty("model").GetString();

    private static async Task<int> TakenAsync(RegistryFixture registry, string model) => (await registry.Pool(model).GetAsync()).Released;

    private static async Task PublishAsync(RegistryFixture registry, QueuedJob job) =>
        Assert.Equal(200, (await registry.Sidecar.DeliverAsync("mempool", JsonSerializer.Serialize(job, ProtocolJson.Options))).Status);

    private static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!await condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
