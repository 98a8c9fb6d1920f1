using System.Text;
using Azure.Messaging.ServiceBus;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Xunit.Abstractions;

namespace Ncn.ChainEvents.Tests;

/// <summary>From the chain through the queue to the ledgers, in the app as it is composed.</summary>
[Collection(Ground.Name)]
public sealed class DeliveryTests(Ground ground, ITestOutputHelper output)
{
    // Half a percent of it is 1,501.995 units.
    private const ulong Owed = 300_399;

    private LocalChain Local => ground.Chain;

    [Fact]
    public async Task A_ledger_hears_of_a_deposit_and_a_withdrawal_and_what_is_owed_is_claimed_at_once()
    {
        await using var app = await RunningApp.StartAsync(ground);
        var client = await Local.NewPartyAsync(1);
        var config = client.ChannelTo(app.Gateway);
        var ledger = app.Actors.Channel(client.IdOf(config));
        await client.FundAsync(config, LocalChain.Dollar);
        await Eventually.TrueAsync("the ledger knows the deposit", async () => (await ledger.GetAsync()).Escrow?.Balance == new TokenAmount(LocalChain.Dollar));
        ledger.Serve(1, client.Promise(config, Owed, Owed).Voucher, new TokenAmount(Owed));
        var before = await ReadAsync(client, app, "before");

        await client.Payments.InitiateWithdrawAsync(config, new TokenAmount(LocalChain.Dollar));

        await Eventually.TrueAsync("the claim is on the chain", async () => (await Scene.ReadAsync((client, config))).TotalClaimed == new TokenAmount(Owed));
        Assert.Equal(before, await ReadAsync(client, app, "claimed"));
        Assert.Equal(ChannelOutcome.ExceedsEscrow, ledger.Reserve(client.Promise(config, Owed + 1, Owed + 1).Voucher, new TokenAmount(1)).Outcome);
    }

    [Fact]
    public async Task Three_blocks_taken_back_under_a_deposit_cost_nobody_anything()
    {
        await using var app = await RunningApp.StartAsync(ground);
        var client = await Local.NewPartyAsync(1);
        var config = client.ChannelTo(app.Gateway);
        var ledger = app.Actors.Channel(client.IdOf(config));
        app.Actors.Subnet.Channels.Add(client.IdOf(config));
        var forknet = new Ncn.Chain.Forknet(Local.Minter.Chain);
        await client.Token.EnsureAllowanceAsync(Local.Settings.InferencePayment, new TokenAmount(2 * LocalChain.Dollar));
        await forknet.MineAsync(3);
        var before = await ReadAsync(client, app, "before");
        var mark = await Local.MarkAsync();
        await client.Payments.DepositAsync(config, new TokenAmount(LocalChain.Dollar));
        await forknet.MineAsync(2);
        await Eventually.TrueAsync("the ledger knows the deposit", async () => (await ledger.GetAsync()).Escrow?.Balance == new TokenAmount(LocalChain.Dollar));
        await ReadAsync(client, app, "deposit");
        await app.CatchUpAsync(Local);

        await Local.ReorganizeAsync(mark, 3);

        await Eventually.TrueAsync("the ledger knows that it is gone", async () => (await ledger.GetAsync()).Escrow?.Balance == TokenAmount.Zero);
        Assert.Equal(before, await ReadAsync(client, app, "reorg"));
        await client.Payments.DepositAsync(config, new TokenAmount(LocalChain.Dollar));
        await Eventually.TrueAsync("the ledger knows the second", async () => (await ledger.GetAsync()).Escrow?.Balance == new TokenAmount(LocalChain.Dollar));
        ledger.Serve(1, client.Promise(config, Owed, Owed).Voucher, new TokenAmount(Owed));
        (await app.SettleAsync("secret")).EnsureSuccessStatusCode().Dispose();
        var after = await ReadAsync(client, app, "after");
        var deposited = before with { Payer = before.Payer - LocalChain.Dollar, Contract = before.Contract + LocalChain.Dollar };
        Assert.Equal(deposited.After(Owed), after);
    }

    [Fact]
    public async Task A_claim_that_the_chain_took_back_is_made_again()
    {
        await using var app = await RunningApp.StartAsync(ground);
        var client = await Local.NewPartyAsync(1);
        var config = client.ChannelTo(app.Gateway);
        var ledger = app.Actors.Channel(client.IdOf(config));
        app.Actors.Subnet.Channels.Add(client.IdOf(config));
        await client.FundAsync(config, LocalChain.Dollar);
        await new Ncn.Chain.Forknet(Local.Minter.Chain).MineAsync(3);
        ledger.Serve(1, client.Promise(config, Owed, Owed).Voucher, new TokenAmount(Owed));
        var before = await ReadAsync(client, app, "before");
        var mark = await Local.MarkAsync();
        (await app.SettleAsync("secret")).EnsureSuccessStatusCode().Dispose();
        await ReadAsync(client, app, "claimed");
        await Eventually.TrueAsync("the ledger heard of the claim", async () => (await ledger.GetAsync()).Escrow?.Claimed == new TokenAmount(Owed));
        await app.CatchUpAsync(Local);

        await Local.ReorganizeAsync(mark, 2);

        await Eventually.TrueAsync("the ledger knows that it is owed again", async () => (await ledger.GetAsync()).Claimed == TokenAmount.Zero);
        Assert.Equal(before, await ReadAsync(client, app, "reorg"));
        (await app.SettleAsync("secret")).EnsureSuccessStatusCode().Dispose();
        var after = await ReadAsync(client, app, "after");
        Assert.Equal(before.After(Owed), after);
    }

    [Fact]
    public async Task What_is_no_notice_is_put_aside_with_the_reason()
    {
        await using var app = await RunningApp.StartAsync(ground);
        await using var bus = new ServiceBusClient(app.BusConnection);
        await bus.CreateSender("chain-events").SendMessageAsync(new ServiceBusMessage(Encoding.UTF8.GetBytes("{\"kind\":4}")) { MessageId = "poison" });

        var aside = bus.CreateReceiver("chain-events", new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
        var message = await aside.ReceiveMessageAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(("poison", "NotANotice"), (message!.MessageId, message.DeadLetterReason));
        Assert.Contains("lacks", message.DeadLetterErrorDescription, StringComparison.Ordinal);
    }

    private Task<Balances> ReadAsync(Party payer, RunningApp app, string when) => Balances.ReadAsync(Local, payer, app.Gateway, output, when);
}
