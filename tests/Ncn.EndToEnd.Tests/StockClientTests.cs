using System.Numerics;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>The published x402 client, unmodified and without coin for gas, pays for calls; afterwards every unit is where the chain says.</summary>
[Collection(StockNetwork.Name)]
public sealed class StockClientTests(StockNetwork shared)
{
    private static readonly TokenAmount Dollar = new(1_000_000);

    [Theory]
    [InlineData("chat", "exact")]
    [InlineData("chat", "exact-v1")]
    [InlineData("infer", "exact")]
    [InlineData("infer", "exact-v1")]
    public async Task Exact_moves_exactly_what_the_answers_state(string kind, string scheme)
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);
        var before = await payer.ReadReceiverAsync();

        var run = await payer.RunAsync(kind, scheme, [1, 1, 1, 8]);

        run.AllSucceeded();
        var paid = run.Settlements.Aggregate(BigInteger.Zero, static (sum, settlement) => sum + Amount(settlement, "amount"));
        Assert.Equal(run.Answers.Count, run.Settlements.Select(static settlement => settlement.GetProperty("transaction").GetString()).Distinct().Count());
        foreach (var settlement in run.Settlements)
        {
            Assert.True(await Books.SucceededAsync(shared.Network, settlement.GetProperty("transaction").GetString()!));
        }

        Assert.Equal(Dollar.Units - (UInt128)paid, (await payer.ReadBalanceAsync()).Units);
        Assert.Equal(before.Units + (UInt128)paid, (await payer.ReadReceiverAsync()).Units);
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("infer")]
    public async Task Fifty_calls_in_a_row_by_batch_settlement_cost_what_the_ledger_says(string kind)
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);
        var before = await Books.ReadAsync(shared.Network);

        var run = await payer.RunAsync(kind, "batch-settlement", [.. Enumerable.Repeat(1, 50)]);

        run.AllSucceeded();
        // Nothing is corrected: the client's own books are right after each answer.
        Assert.Equal(50, run.Payments);
        await AssertBooksAsync(payer, run);
        var after = await Books.ReadAsync(shared.Network);
        var left = Dollar - await payer.ReadBalanceAsync();
        Assert.Equal((before.Supply, before.Sum + left.Units), (after.Supply, after.Sum));
    }

    [Fact]
    public async Task Eight_calls_in_parallel_on_one_channel_all_succeed_after_the_first_deposit()
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);

        var run = await payer.RunAsync("chat", "batch-settlement", [1, 8, 1, 8]);

        run.AllSucceeded();
        await AssertBooksAsync(payer, run);
    }

    [Fact]
    public async Task Eight_first_calls_in_parallel_deposit_once()
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);

        var run = await payer.RunAsync("chat", "batch-settlement", [8]);

        run.AllSucceeded();
        Assert.Single(run.Settlements, static settlement => settlement.GetProperty("transaction").GetString() != "");
        await AssertBooksAsync(payer, run);
    }

    [Fact]
    public async Task A_client_that_can_do_both_takes_batch_settlement()
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);
        var run = await payer.RunAsync("chat", "default", [1]);
        run.AllSucceeded();
        Assert.True(run.Settlements[0].GetProperty("extra").TryGetProperty("channelState", out _));
    }

    [Fact]
    public async Task Streams_are_paid_by_both_schemes_and_the_next_call_is_corrected()
    {
        using var batch = await StockPayer.CreateAsync(shared, Dollar);
        var streamed = await batch.RunAsync("chat", "batch-settlement", [1, 1, 1], stream: true);
        streamed.AllSucceeded(stated: 1);
        Assert.True(streamed.Payments > 3, "a stream states its charge in its last event, which the client does not read");

        using var exact = await StockPayer.CreateAsync(shared, Dollar);
        var transfers = await exact.RunAsync("chat", "exact", [1, 1], stream: true);
        transfers.AllSucceeded();
        var paid = transfers.Settlements.Aggregate(BigInteger.Zero, static (sum, settlement) => sum + Amount(settlement, "amount"));
        Assert.Equal(Dollar.Units - (UInt128)paid, (await exact.ReadBalanceAsync()).Units);
    }

    [Fact]
    public async Task A_refund_gives_back_what_was_not_charged_to_the_unit()
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);

        var run = await payer.RunAsync("chat", "batch-settlement", [1, 1, 4], refund: true);

        run.AllSucceeded();
        var charged = run.Charged();
        Assert.True(run.Refund.GetProperty("success").GetBoolean());
        Assert.True(await Books.SucceededAsync(shared.Network, run.Refund.GetProperty("transaction").GetString()!));
        Assert.Equal(Dollar - charged, await payer.ReadBalanceAsync());
        var channel = await payer.ReadChannelAsync();
        Assert.Equal(charged, channel.Balance);
        await AssertClaimsAsync(payer, charged);
    }

    // What the answers were charged is in the escrow until it is claimed; claims move exactly that, less the protocol fee.
    private async Task AssertBooksAsync(StockPayer payer, StockRun run)
    {
        var charged = run.Charged();
        var channel = await payer.ReadChannelAsync();
        Assert.Equal(Dollar - channel.Balance, await payer.ReadBalanceAsync());
        Assert.True(channel.Balance >= charged);
        await AssertClaimsAsync(payer, charged);
        var after = await payer.ReadChannelAsync();
        Assert.Equal((channel.Balance, charged), (after.Balance, after.TotalClaimed));
    }

    private async Task AssertClaimsAsync(StockPayer payer, TokenAmount charged)
    {
        var chainEvents = new Uri(shared.Network.App("chain-events").Address, "ncn/v1/settlement/run");
        await Operators.SendAsync(shared.Network, HttpMethod.Post, chainEvents);
        Assert.Equal(charged, (await payer.ReadChannelAsync()).TotalClaimed);
        var receiver = await payer.ReadReceiverViewAsync();
        Assert.Equal(receiver.TotalClaimed, receiver.TotalSettled);
        // Half a percent of each payout, rounded down.
        var fees = await Books.FeesAsync(shared.Network, shared.Account.Config.Receiver);
        var paid = fees.Aggregate(BigInteger.Zero, static (sum, fee) => sum + fee);
        var most = (BigInteger)receiver.TotalSettled.Units / 200;
        Assert.InRange(paid, most - (await payer.CountPayoutsAsync()), most);
    }

    private static BigInteger Amount(JsonElement element, string name) =>
        BigInteger.Parse(element.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);
}
