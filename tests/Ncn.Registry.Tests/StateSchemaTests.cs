using System.Text.Json;
using Dapr.Actors;
using Ncn.Actors;
using Ncn.Coordination.Batches;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

/// <summary>What every actor type wrote in its first form, as it lay in the store, is read; what a newer program wrote is refused.</summary>
public sealed class StateSchemaTests : IDisposable
{
    private readonly Signer _node = Samples.Signer(1);
    private readonly Signer _payer = Samples.Signer(3);

    public void Dispose()
    {
        _node.Dispose();
        _payer.Dispose();
    }

    [Fact]
    public async Task A_channel_of_the_first_form_goes_on_where_it_was()
    {
        await using var registry = await StartOnAsync(ActorTypes.Channel);
        var channel = registry.Channel(Channel);
        var now = registry.Time.Milliseconds;

        Assert.Equal(ChannelOutcome.AlreadyCharged, (await channel.ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now))).Outcome);
        Assert.Equal(ChannelOutcome.PolicyRequestCap, (await channel.ReserveAsync(Samples.Reserve(_payer, 3, 500, 51, now) with { Models = ["chat"] })).Outcome);
        var charged = await channel.ChargeAsync(new ChargeCall(Samples.Request(2).ToString(), Samples.Amount(40)));
        Assert.Equal((ChannelOutcome.Accepted, Samples.Amount(70), TokenAmount.Zero), (charged.Outcome, charged.Charged, charged.Reserved));
        Assert.Equal(Samples.Amount(70), (await channel.GetClaimableAsync())!.TotalClaimable);
        Assert.Empty(registry.Sidecar.Reminders);
    }

    [Fact]
    public async Task Requests_that_a_channel_of_the_first_form_remembered_in_buckets_are_not_charged_again()
    {
        await using var registry = await StartOnAsync(ActorTypes.Channel, "ChannelActor-1-buckets");
        var now = registry.Time.Milliseconds;

        foreach (var remembered in new byte[] { 1, 7 })
        {
            Assert.Equal(ChannelOutcome.AlreadyCharged, (await registry.Channel(Channel).ReserveAsync(Samples.Reserve(_payer, remembered, 100, 50, now))).Outcome);
        }

        await registry.Channel(Channel).ChargeAsync(new ChargeCall(Samples.Request(2).ToString(), Samples.Amount(40)));
        var entries = registry.Sidecar.State.ToDictionary(static entry => entry.Key.Split('/')[2], static entry => entry.Value);
        Assert.Equal(["ledger", "recent", "recent-0", "schema"], entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("[0]", "2"), (entries["recent"], entries["schema"]));
        await registry.CrashAsync();
        Assert.Equal(ChannelOutcome.AlreadyCharged, (await registry.Channel(Channel).ReserveAsync(Samples.Reserve(_payer, 7, 100, 50, now))).Outcome);
    }

    [Fact]
    public async Task A_request_of_the_first_form_gives_its_answer()
    {
        await using var registry = await StartOnAsync(ActorTypes.Request);

        var again = await registry.Request(Samples.Request(1)).BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null));

        Assert.Equal((BeginOutcome.Completed, """{"x":1}""", "3"), (again.Outcome, again.Answer!.Body, again.Answer.Headers["x-ncn-cost"]));
        Assert.Equal([1, 2, 3], (await registry.Request(Samples.Request(1)).GetAsync())!.Queued!.Input);
    }

    [Fact]
    public async Task A_batch_of_the_first_form_has_its_files()
    {
        await using var registry = await StartOnAsync(ActorTypes.Batch);

        var batch = await registry.Batch(Samples.Request(1)).GetAsync();

        Assert.Equal((BatchPhase.Completed, "batch_1", "file-out", "file-errors"), (batch.State.Phase, batch.Spec!.Id, batch.OutputFile, batch.ErrorFile));
        Assert.Equal((1, Samples.Amount(7)), (batch.State.Succeeded, batch.State.Charged));
    }

    [Fact]
    public async Task A_guests_book_of_the_first_form_counts_on()
    {
        await using var registry = await StartOnAsync(ActorTypes.Guest);

        var taken = await registry.Guest(Samples.Hash(7)).TakeAsync(new FreeRequestCall(Samples.Hash(7), 3));

        Assert.Equal((true, 1), (taken.IsFree, taken.Remaining));
    }

    [Fact]
    public async Task Payments_of_the_first_form_are_still_open()
    {
        await using var registry = await StartOnAsync(ActorTypes.Payments);
        var payments = registry.Payments(_node.Address);

        var open = Assert.Single(await payments.ListAsync());

        Assert.Equal((Samples.Request(3), Samples.Amount(11), OpenPaymentPhase.Open), (open.Request, open.Payload.Authorization.Value, open.Phase));
        Assert.Equal(OpenPaymentOutcome.Accepted, (await payments.OweAsync(open.Id)).Outcome);
    }

    [Fact]
    public async Task A_subnet_of_the_first_form_has_its_members_in_entries_of_their_own()
    {
        await using var registry = await StartOnAsync(ActorTypes.Subnet);

        var node = Assert.Single((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);

        Assert.Equal((_node.Address, 5UL), (node.Record.Operator, node.Record.Sequence));
        Assert.Equal("2", registry.Sidecar.State["SubnetActor/1/schema"]);
        Assert.DoesNotContain("SubnetActor/1/membership", registry.Sidecar.State.Keys);
        await registry.CrashAsync();
        Assert.Single((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);
        Assert.False((await registry.Subnet.JoinAsync(Samples.Record(_node, registry.Time.Milliseconds, sequence: 4))).Accepted);
    }

    [Theory]
    [InlineData(ActorTypes.Subnet)]
    [InlineData(ActorTypes.Channel)]
    [InlineData(ActorTypes.Request)]
    [InlineData(ActorTypes.Batch)]
    [InlineData(ActorTypes.Guest)]
    [InlineData(ActorTypes.Payments)]
    public async Task A_newer_form_is_refused_by_name_and_left_alone(string type)
    {
        await using var registry = await StartOnAsync(type);
        var actor = string.Join('/', registry.Sidecar.State.Keys.First().Split('/')[..2]);
        registry.Sidecar.State[$"{actor}/schema"] = "99";
        var before = registry.Sidecar.State.ToArray();

        var failure = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => ChangeAsync(registry, type));

        Assert.Contains($"{actor.Replace('/', ' ')} has schema 99", failure.InnerException!.Message, StringComparison.Ordinal);
        Assert.Equal(before.Order(ByKey), registry.Sidecar.State.ToArray().Order(ByKey));
        Assert.Empty(registry.Sidecar.Reminders);
    }

    private static Comparer<KeyValuePair<string, string>> ByKey { get; } =
        Comparer<KeyValuePair<string, string>>.Create(static (left, right) => string.CompareOrdinal(left.Key, right.Key));

    private ChannelId Channel => Samples.Config(_payer).Id(RegistryFixture.PaymentsDomain);

    private Task ChangeAsync(RegistryFixture registry, string type) => type switch
    {
        ActorTypes.Subnet => registry.Subnet.GetSnapshotAsync(0),
        ActorTypes.Channel => registry.Channel(Channel).ReserveAsync(Samples.Reserve(_payer, 3, 500, 10, registry.Time.Milliseconds)),
        ActorTypes.Request => registry.Request(Samples.Request(1)).BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null)),
        ActorTypes.Batch => registry.Batch(Samples.Request(1)).CancelAsync(),
        ActorTypes.Guest => registry.Guest(Samples.Hash(7)).ReturnAsync(Samples.Hash(7)),
        _ => registry.Payments(_node.Address).ListAsync(),
    };

    // A real actor's entries, captured from the store before states had a number.
    private static async Task<RegistryFixture> StartOnAsync(string type, string? file = null)
    {
        var registry = await RegistryFixture.StartAsync();
        var stored = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Stored", $"{file ?? $"{type}-1"}.json"));
        foreach (var (key, value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(stored)!)
        {
            registry.Sidecar.State[key] = value.GetRawText();
        }

        return registry;
    }
}
