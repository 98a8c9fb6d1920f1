using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Chain.Events;
using Ncn.Chain.Payment;
using Ncn.Chain.Tests.Support;
using Ncn.Protocol;
using Ncn.Tests.Anvil;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests.Events;

/// <summary>The contracts' own events, from a real chain.</summary>
public sealed class ContractEventTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Theory]
    [InlineData("InferencePayment")]
    [InlineData("ValidatorRegistry")]
    public void Every_event_of_the_contract_has_a_type(string contract)
    {
        var file = File.ReadAllBytes(Path.Combine(Repository.Root, "artifacts", "contracts", "ncn-contracts.json"));
        var events = from entry in JsonDocument.Parse(file).RootElement.GetProperty("contracts").GetProperty(contract).GetProperty("abi").EnumerateArray()
                     where entry.GetProperty("type").GetString() == "event"
                     select $"{entry.GetProperty("name").GetString()}({string.Join(',', entry.GetProperty("inputs").EnumerateArray().Select(TypeOf))})";

        // EIP-5267 announces nothing here: the domain never changes.
        Assert.Empty(events.Except((contract == "InferencePayment" ? PaymentEventTable.Table : RegistryEventTable.Table).Signatures).Except(["EIP712DomainChanged()"]));
    }

    [Fact]
    public async Task Deposits_claims_and_settlements_are_read_in_order_and_once()
    {
        var (client, node) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var reader = new ChainLogReader(client.Chain);
        var cursor = ChainCursor.StartAt(await client.Chain.ReadBlockNumberAsync() + 1);
        var channel = client.ChannelTo(node);
        var id = client.IdOf(channel);
        await client.FundAsync(channel, 1_000);
        await node.Payments.ClaimAsync([client.Promise(channel, 400, 400), client.Promise(channel, 500, 501)]);
        await node.Payments.SettleAsync(node.Address, local.Settings.Token);

        var read = Assert.IsType<LogReadingResult.Read>(await reader.ReadAsync(cursor));

        Assert.Collection(
            read.Events,
            first => Assert.Equal((id, channel), (((PaymentEvent.ChannelCreated)first).Channel, ((PaymentEvent.ChannelCreated)first).Config)),
            second => Assert.Equal(new TokenAmount(1_000), ((PaymentEvent.Deposited)second).NewBalance),
            third => Assert.Equal((id, node.Address, new TokenAmount(400)), (((PaymentEvent.Claimed)third).Channel, ((PaymentEvent.Claimed)third).Sender, ((PaymentEvent.Claimed)third).Amount)),
            fourth => Assert.Equal((1U, ClaimFault.AboveVoucher), (((PaymentEvent.ClaimSkipped)fourth).Row, ((PaymentEvent.ClaimSkipped)fourth).Fault)),
            fifth => Assert.Equal((node.Address, new TokenAmount(400)), (((PaymentEvent.Settled)fifth).Receiver, ((PaymentEvent.Settled)fifth).Amount)));
        Assert.Empty(Assert.IsType<LogReadingResult.Read>(await reader.ReadAsync(read.Cursor)).Events);
        var log = JsonSerializer.Deserialize<ChainLog>(JsonSerializer.Serialize(read.Events[1].Log, ProtocolJson.Options), ProtocolJson.Strict)!;
        Assert.Equal(read.Events[1].ToString(), new ChainEventDecoder(local.Settings).Decode(log)!.ToString());
    }

    [Fact]
    public async Task A_deposit_that_is_reorganized_away_was_never_read_and_one_read_too_early_is_taken_back()
    {
        var (client, node) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var anvil = new Support.Anvil(local.Settings.Rpc);
        var start = ChainCursor.StartAt(await client.Chain.ReadBlockNumberAsync() + 1);
        var patient = new ChainLogReader(new ChainConnection(local.Settings with { Confirmations = 3 }));
        var hasty = new ChainLogReader(client.Chain);
        var mark = await local.MarkAsync();
        await client.FundAsync(client.ChannelTo(node), 1_000);
        await anvil.MineAsync();

        Assert.Empty(Assert.IsType<LogReadingResult.Read>(await patient.ReadAsync(start)).Events.OfType<PaymentEvent.Deposited>());
        var read = Assert.IsType<LogReadingResult.Read>(await hasty.ReadAsync(start));
        Assert.Single(read.Events.OfType<PaymentEvent.Deposited>());

        await local.ReorganizeAsync(mark, 8);

        var gone = Assert.IsType<LogReadingResult.Reorganized>(await hasty.ReadAsync(read.Cursor));
        Assert.True(gone.From <= read.Events.OfType<PaymentEvent.Deposited>().Single().BlockNumber);
        Assert.Empty(Assert.IsType<LogReadingResult.Read>(await hasty.ReadAsync(gone.Cursor)).Events.OfType<PaymentEvent.Deposited>());
        Assert.Empty(Assert.IsType<LogReadingResult.Read>(await patient.ReadAsync(start)).Events.OfType<PaymentEvent.Deposited>());
        Assert.True((await client.Payments.ReadChannelAsync(client.IdOf(client.ChannelTo(node)))).Balance.IsZero);
    }

    [Fact]
    public async Task A_node_that_refuses_large_ranges_is_asked_for_smaller_ones()
    {
        await using var proxy = await RpcProxy.StartAsync(local.Settings.Rpc);
        proxy.Answer = async (request, forward) =>
        {
            var filter = request["params"]?.AsArray().FirstOrDefault() as JsonObject;
            var isLarge = filter?["fromBlock"] is { } from && Convert.ToUInt64((string)filter["toBlock"]!, 16) - Convert.ToUInt64((string)from!, 16) >= 4;
            return isLarge ? RpcProxy.Error(-32005, "query returned more than 10000 results") : await forward();
        };
        var client = await local.NewPartyAsync(1);
        using var chain = new ChainConnection(local.Settings with { Rpc = proxy.Url });
        var reader = new ChainLogReader(chain);
        await client.FundAsync(client.ChannelTo(client), 1_000);
        var (cursor, found) = (ChainCursor.StartAt(0), new List<ChainEvent>());
        for (var hasMore = true; hasMore;)
        {
            var read = Assert.IsType<LogReadingResult.Read>(await reader.ReadAsync(cursor));
            (cursor, hasMore) = (read.Cursor, read.HasMore);
            found.AddRange(read.Events);
        }

        Assert.Contains(found, seen => seen is PaymentEvent.Deposited deposited && deposited.Sender == client.Address);
        Assert.Equal(found.Count, found.Select(seen => seen.Id).Distinct().Count());
    }

    private static string TypeOf(JsonElement input) => input.TryGetProperty("components", out var parts)
        ? $"({string.Join(',', parts.EnumerateArray().Select(TypeOf))}){input.GetProperty("type").GetString()!["tuple".Length..]}"
        : input.GetProperty("type").GetString()!;
}
