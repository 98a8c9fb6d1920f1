using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

/// <summary>Whatever way a queued request is given up, the client's reservation is released and the client is told why.</summary>
public class MempoolMoneyTests
{
    private static readonly Address Node = Samples.Signer(1).Address;

    [Fact]
    public async Task A_dead_letter_frees_the_clients_reservation()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var channel = await ReserveAsync(registry, 1);
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds, life: 100_000_000));

        // Each node that takes it is never heard of again.
        for (var delivery = 1UL; delivery <= IMempoolActor.MaxDeliveries; delivery++)
        {
            await registry.Mempool.SetFreeSlotsAsync(1);
            Assert.True((await AcceptAsync(registry, 1, delivery)).Accepted);
            Assert.Equal(new TokenAmount(50), (await registry.Channel(channel).GetAsync()).Reserved);
            registry.Time.Advance(60_000);
            await WakeAsync(registry);
            registry.Time.Advance(30_000);
        }

        await TellAsync(registry);
        await AssertReleasedAsync(registry, channel, 1, "Every node that took the request failed");
    }

    [Fact]
    public async Task Replacement_by_a_higher_fee_frees_the_replaced_ones_reservation_alone()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var channel = await ReserveAsync(registry, 1);
        await ReserveAsync(registry, 2, max: 200);
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds, fee: 100));

        var replacement = Samples.Job(2, registry.Time.Milliseconds, fee: 120) with { Replaces = Samples.Request(1) };
        Assert.True((await SubmitAsync(registry, replacement)).Accepted);
        await TellAsync(registry);

        await AssertReleasedAsync(registry, channel, 1, "replaced", reservedStill: 50);
        Assert.Null((await registry.Request(Samples.Request(2)).GetAsync())!.Answer);
        await registry.Mempool.SetFreeSlotsAsync(5);
        Assert.Equal(Samples.Request(2).ToString(), Assert.Single(registry.Sidecar.Work).Request.GetProperty("data").GetProperty("requestId").GetString());
    }

    [Fact]
    public async Task A_replacement_that_is_refused_costs_nothing_and_leaves_the_first_in_its_place()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var channel = await ReserveAsync(registry, 1);
        await ReserveAsync(registry, 2, max: 200);
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds, fee: 100));

        var replacement = Samples.Job(2, registry.Time.Milliseconds, fee: 105) with { Replaces = Samples.Request(1) };
        Assert.Equal(200, (await registry.Sidecar.DeliverAsync("mempool", JsonSerializer.Serialize(replacement, ProtocolJson.Options))).Status);

        await AssertReleasedAsync(registry, channel, 2, "more than a tenth higher", reservedStill: 50);
        Assert.Null((await registry.Request(Samples.Request(1)).GetAsync())!.Answer);
    }

    [Fact]
    public async Task Eviction_by_a_better_paid_job_frees_the_evicted_ones_reservation()
    {
        await using var registry = await RegistryFixture.StartAsync(("Ncn:Registry:Mempool:Capacity", "1"));
        var channel = await ReserveAsync(registry, 1);
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds, fee: 1));

        Assert.True((await SubmitAsync(registry, Samples.Job(2, registry.Time.Milliseconds, fee: 9))).Accepted);
        await TellAsync(registry);

        await AssertReleasedAsync(registry, channel, 1, "full of better-paid requests");
    }

    [Fact]
    public async Task A_payer_over_its_cap_is_told_and_keeps_its_money()
    {
        await using var registry = await RegistryFixture.StartAsync(("Ncn:Registry:Mempool:MaxPerPayer", "1"));
        var channel = await ReserveAsync(registry, 2);
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds));

        Assert.Equal(200, (await registry.Sidecar.DeliverAsync("mempool", JsonSerializer.Serialize(Samples.Job(2, registry.Time.Milliseconds), ProtocolJson.Options))).Status);

        await AssertReleasedAsync(registry, channel, 2, "as many jobs in the queue as one may have");
    }

    [Fact]
    public async Task A_given_up_job_is_told_again_until_the_broker_takes_it_even_over_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var channel = await ReserveAsync(registry, 1);
        await SubmitAsync(registry, Samples.Job(1, registry.Time.Milliseconds, life: 10_000));
        registry.Sidecar.RefusesEvents = true;
        registry.Time.Advance(10_000);
        await WakeAsync(registry);
        Assert.Empty(registry.Sidecar.Published);

        await registry.CrashAsync();
        registry.Sidecar.RefusesEvents = false;
        registry.Time.Advance(5_000);
        await WakeAsync(registry);
        await TellAsync(registry);

        await AssertReleasedAsync(registry, channel, 1, "before its deadline");
    }

    private static async Task<ChannelId> ReserveAsync(RegistryFixture registry, int request, uint max = 100)
    {
        using var payer = Samples.Signer(3);
        var channel = Samples.Config(payer).Id(RegistryFixture.PaymentsDomain);
        await registry.Channel(channel).ReserveAsync(Samples.Reserve(payer, request, max, 50, registry.Time.Milliseconds));
        await registry.Request(Samples.Request(request)).BeginAsync(new BeginCall(Samples.Hash(9), 100_000_000, Samples.Queued(registry.Time.Milliseconds, channel)));
        return channel;
    }

    private static async Task<MempoolResult> SubmitAsync(RegistryFixture registry, QueuedJob job) =>
        Assert.Single(await registry.Mempool.ApplyAsync([new MempoolStep { Submit = job }]));

    private static async Task<MempoolResult> AcceptAsync(RegistryFixture registry, int request, ulong token) =>
        Assert.Single(await registry.Mempool.ApplyAsync([new MempoolStep { Accept = new JobAccept(Samples.Request(request), Node, token, registry.Time.Milliseconds) }]));

    private static Task WakeAsync(RegistryFixture registry) =>
        registry.Sidecar.FireAsync(ActorTypes.Mempool, RegistryFixture.PoolId(RegistryFixture.TinyChat), "wake");

    private static async Task TellAsync(RegistryFixture registry)
    {
        var (topic, data) = Assert.Single(registry.Sidecar.Published);
        Assert.Equal(200, (await registry.Sidecar.DeliverAsync(topic, data)).Status);
    }

    private static async Task AssertReleasedAsync(RegistryFixture registry, ChannelId channel, int request, string reason, uint reservedStill = 0)
    {
        var answer = (await registry.Request(Samples.Request(request)).GetAsync())!.Answer!;
        Assert.Equal(504, answer.StatusCode);
        Assert.Contains(reason, JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(new TokenAmount(reservedStill), (await registry.Channel(channel).GetAsync()).Reserved);
    }
}
