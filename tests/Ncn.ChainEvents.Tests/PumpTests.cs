using System.Text.Json;
using Azure.Data.Tables;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Chain;
using Ncn.Chain.Events;
using Ncn.ChainEvents.Pump;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>Each event reaches the queue once, and the cursor never runs ahead of what was sent.</summary>
[Collection(Ground.Name)]
public sealed class PumpTests(Ground ground)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly string _table = "c" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Two_instances_at_once_and_a_cursor_that_was_lost_send_each_event_once()
    {
        await using var bus = await Bus.StartAsync();
        await using var client = new ServiceBusClient(bus.ConnectionString);
        var payer = await ground.Chain.NewPartyAsync(3);
        var first = await payer.Chain.ReadBlockNumberAsync() + 1;
        var configs = new List<ChannelConfig>();
        foreach (var _ in Enumerable.Range(0, 3))
        {
            configs.Add(payer.ChannelTo(await ground.Chain.NewPartyAsync(0)));
            await payer.FundAsync(configs[^1], LocalChain.Dollar);
        }

        await using var sender = new NoticeSender(client);
        using var one = Pump(sender, first);
        using var other = Pump(sender, first);
        await Task.WhenAll(one.RunAsync(None), other.RunAsync(None));
        await (await TableAsync()).DeleteEntityAsync("test", "cursor");
        Assert.True(await one.RunAsync(None) > 0);
        Assert.Equal(0, await other.RunAsync(None));

        var notices = await ReceiveAllAsync(client, seen => configs.TrueForAll(config => CountOf(seen, payer.IdOf(config)) >= 2));
        Assert.Equal(notices.Count, notices.Select(static notice => notice.Id).Distinct().Count());
        // A first deposit is told twice: the channel was made, and its escrow grew.
        Assert.All(configs, config => Assert.Equal(2, CountOf(notices, payer.IdOf(config))));
        Assert.Equal(configs, notices.Select(static notice => notice.Config).OfType<ChannelConfig>());
    }

    [Fact]
    public void A_notice_keeps_its_form_and_one_without_its_subject_is_refused()
    {
        var notice = new ChainNotice("id", NoticeKind.Withdrawal, 7, [default]);
        Assert.Equal(JsonSerializer.Serialize(notice), JsonSerializer.Serialize(ChainNotice.Parse(notice.ToJson(), out _)));
        Assert.Null(ChainNotice.Parse((notice with { Channels = [] }).ToJson(), out var problem));
        Assert.Contains("lacks", problem, StringComparison.Ordinal);
        Assert.Null(ChainNotice.Parse("[]"u8, out problem));
        Assert.NotEmpty(problem);
    }

    private EventPump Pump(NoticeSender sender, ulong first) => new(
        new ChainLogReader(new ChainConnection(ground.Chain.Settings)), new ChainCursorStore(TableAsync, "test", first), sender,
        ground.Chain.Settings.ChainId, NullLogger<EventPump>.Instance);

    private async Task<TableClient> TableAsync()
    {
        var table = new TableClient(ground.Tables, _table);
        await table.CreateIfNotExistsAsync();
        return table;
    }

    private static int CountOf(List<ChainNotice> notices, ChannelId channel) => notices.Count(notice => notice.Channels?.Contains(channel) == true);

    /// <summary>What is awaited is waited for, and then a moment for what should not come.</summary>
    private static async Task<List<ChainNotice>> ReceiveAllAsync(ServiceBusClient client, Predicate<List<ChainNotice>> isThere)
    {
        var notices = new List<ChainNotice>();
        await using var receiver = client.CreateReceiver("chain-events");
        while (await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(isThere(notices) ? 2 : 60)) is { } message)
        {
            notices.Add(ChainNotice.Parse(message.Body.ToArray(), out _)!);
            await receiver.CompleteMessageAsync(message);
        }

        return notices;
    }
}
