using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests;

/// <summary>Three blocks vanish under a deposit and under a claim.</summary>
public sealed class ReorganizedMoneyTests(LocalChain local) : IClassFixture<LocalChain>
{
    private const uint Confirmations = 4;

    private readonly Support.Anvil _anvil = new(local.Settings.Rpc);

    [Fact]
    public async Task A_deposit_comes_back_and_counts_only_when_deep()
    {
        var (client, node) = (await local.NewPartyAsync(1, Confirmations), await local.NewPartyAsync(0, Confirmations));
        var channel = client.ChannelTo(node);
        await client.Token.EnsureAllowanceAsync(local.Settings.InferencePayment, new TokenAmount(1_000));
        await _anvil.AskAsync("anvil_mine", "0x5");
        await client.Chain.Transactions.AdvanceAsync();
        var deposit = new RelayedCalls(client.Chain).Deposit(channel, new TokenAmount(1_000), Address.Zero, []);
        var mark = await local.MarkAsync();
        Assert.IsType<TransactionOutcome.Mined>(await client.Chain.Transactions.SendAsync(new("deposit"), deposit));
        await _anvil.AskAsync("anvil_mine", "0x2");

        await local.ReorganizeAsync(mark, 3);
        Assert.True((await node.Payments.ReadChannelAsync(client.IdOf(channel))).Balance.IsZero);
        await client.Chain.Transactions.AdvanceAsync();
        Assert.IsType<TransactionOutcome.Mined>(await client.Chain.Transactions.SendAsync(new("deposit"), deposit));
        await _anvil.AskAsync("anvil_mine", "0x3");
        Assert.True((await node.Payments.ReadChannelAsync(client.IdOf(channel))).Balance.IsZero);
        await _anvil.MineAsync();

        Assert.Equal(new TokenAmount(1_000), (await node.Payments.ReadChannelAsync(client.IdOf(channel))).Balance);
        await client.Chain.Transactions.AdvanceAsync();
        Assert.Equal(TransactionStage.Final, (await client.Chain.Transactions.FindAsync(new("deposit")))!.Stage);
    }

    [Fact]
    public async Task A_claim_comes_back_and_is_paid_once()
    {
        var (client, node) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0, Confirmations));
        var channel = client.ChannelTo(node);
        await client.FundAsync(channel, 1_000);
        await _anvil.AskAsync("anvil_mine", "0x5");
        var claim = node.Payments.ClaimCall([client.Promise(channel, 400, 400)]);
        var mark = await local.MarkAsync();
        var before = Assert.IsType<TransactionOutcome.Mined>(await node.Chain.Transactions.SendAsync(new("claim:7"), claim)).Receipt;
        await _anvil.AskAsync("anvil_mine", "0x2");

        await local.ReorganizeAsync(mark, 3);
        Assert.True((await client.Payments.ReadChannelAsync(client.IdOf(channel))).TotalClaimed.IsZero);
        await node.Chain.Transactions.AdvanceAsync();
        var after = Assert.IsType<TransactionOutcome.Mined>(await node.Chain.Transactions.SendAsync(new("claim:7"), claim)).Receipt;

        Assert.Equal((before.Transaction, 400UL), (after.Transaction, (ulong)node.Payments.ReadClaim(after).Total.Units));
        Assert.NotEqual(before.BlockHash, after.BlockHash);
        Assert.Equal(new TokenAmount(400), (await node.Payments.ReadReceiverAsync(node.Address, local.Settings.Token)).TotalClaimed);
    }
}
