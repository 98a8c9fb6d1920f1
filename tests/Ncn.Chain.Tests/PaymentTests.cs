using Ncn.Chain.Payment;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests;

/// <summary>Money through the escrow, on a real chain.</summary>
public sealed class PaymentTests(LocalChain local) : IClassFixture<LocalChain>
{
    [Fact]
    public async Task A_batch_with_a_bad_row_pays_the_good_ones_and_every_unit_is_accounted_for()
    {
        var (first, second, node) = (await local.NewPartyAsync(10), await local.NewPartyAsync(10), await local.NewPartyAsync(0));
        var (one, two) = (first.ChannelTo(node), second.ChannelTo(node));
        await first.FundAsync(one, 3_000_000);
        await second.FundAsync(two, 2_000_000);
        var forged = first.Promise(two, 900_000, 900_000);

        var claim = await node.Payments.ClaimAsync([first.Promise(one, 1_500_000, 1_234_567), forged, second.Promise(two, 5, 5)]);

        Assert.Equal([(first.IdOf(one), 1_234_567UL), (second.IdOf(two), 5UL)], claim.Claimed.Select(row => (row.Channel, (ulong)row.Amount.Units)));
        Assert.Equal(new SkippedRow(first.IdOf(two), 1, ClaimFault.BadSignature), Assert.Single(claim.Skipped));
        Assert.Equal(new TokenAmount(1_234_572), claim.Total);

        var settled = await node.Payments.SettleAsync(node.Address, local.Settings.Token);

        Assert.Equal(new TokenAmount(1_234_572), settled.Amount);
        Assert.Equal(1_234_572UL, await node.DollarsAsync());
        var (left, right) = (await first.Payments.ReadChannelAsync(first.IdOf(one)), await second.Payments.ReadChannelAsync(second.IdOf(two)));
        Assert.Equal(new ChannelView(new(3_000_000), new(1_234_567), TokenAmount.Zero, 0), left);
        var total = await first.DollarsAsync() + await second.DollarsAsync() + await node.DollarsAsync()
            + (ulong)(left.Unclaimed + right.Unclaimed).Units;
        Assert.Equal(20 * LocalChain.Dollar, total);
    }

    [Fact]
    public async Task A_repeated_claim_and_settle_move_nothing()
    {
        var (client, node) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var channel = client.ChannelTo(node);
        await client.FundAsync(channel, 1_000_000);
        var promise = client.Promise(channel, 400, 400);
        await node.Payments.ClaimAsync([promise]);
        await node.Payments.SettleAsync(node.Address, local.Settings.Token);

        var again = await node.Payments.ClaimAsync([promise]);
        var settled = await node.Payments.SettleAsync(node.Address, local.Settings.Token);

        Assert.Empty(again.Claimed);
        Assert.Equal(ClaimFault.NotRaised, Assert.Single(again.Skipped).Fault);
        Assert.True(settled.Amount.IsZero);
        Assert.Equal(400UL, await node.DollarsAsync());
        var receiver = await node.Payments.ReadReceiverAsync(node.Address, local.Settings.Token);
        Assert.Equal(new ReceiverView(new(400), new(400)), receiver);
    }

    [Theory]
    [InlineData(600, 601, ClaimFault.AboveVoucher)]
    [InlineData(1_000_001, 1_000_001, ClaimFault.AboveBalance)]
    public async Task A_claim_above_voucher_or_balance_is_skipped(ulong max, ulong claimed, ClaimFault fault)
    {
        var (client, node) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var channel = client.ChannelTo(node);
        await client.FundAsync(channel, 1_000_000);

        var outcome = await node.Payments.ClaimAsync([client.Promise(channel, max, claimed)]);

        Assert.Equal(fault, Assert.Single(outcome.Skipped).Fault);
    }

    [Fact]
    public async Task A_withdrawal_waits_for_its_delay_and_gives_back_what_was_not_claimed_meanwhile()
    {
        var (client, node) = (await local.NewPartyAsync(1), await local.NewPartyAsync(0));
        var channel = client.ChannelTo(node);
        await client.FundAsync(channel, 1_000_000);
        await client.Payments.InitiateWithdrawAsync(channel, new TokenAmount(900_000));

        var pending = await client.Payments.ReadChannelAsync(client.IdOf(channel));
        Assert.Equal(new TokenAmount(900_000), pending.Withdrawing);
        Assert.NotEqual(0UL, pending.WithdrawalBegunAt);
        var early = await Assert.ThrowsAsync<ContractRevertedException>(() => client.Payments.FinalizeWithdrawAsync(channel));
        Assert.Equal("WithdrawDelayNotElapsed", early.Error);

        await node.Payments.ClaimAsync([client.Promise(channel, 300_000, 300_000)]);
        await new Forknet(client.Chain).AdvanceTimeAsync(channel.WithdrawDelay);
        var withdrawn = await client.Payments.FinalizeWithdrawAsync(channel);

        Assert.Equal(new TokenAmount(700_000), withdrawn.Amount);
        Assert.Equal(700_000UL, await client.DollarsAsync());
        Assert.Equal(new ChannelView(new(300_000), new(300_000), TokenAmount.Zero, 0), await client.Payments.ReadChannelAsync(client.IdOf(channel)));
    }

    [Fact]
    public async Task One_balance_is_allocated_to_channels_and_the_rest_taken_out_at_once()
    {
        var (gateway, node) = (await local.NewPartyAsync(5), await local.NewPartyAsync(0));
        var token = local.Settings.Token;
        await gateway.Token.EnsureAllowanceAsync(local.Settings.InferencePayment, new TokenAmount(5_000_000));
        await gateway.Payments.DepositBalanceAsync(token, new TokenAmount(5_000_000));
        await gateway.Payments.AllocateAsync(gateway.ChannelTo(node), new TokenAmount(2_000_000));

        var refused = await Assert.ThrowsAsync<ContractRevertedException>(() => gateway.Payments.WithdrawBalanceAsync(token, new TokenAmount(3_000_001)));
        await gateway.Payments.WithdrawBalanceAsync(token, new TokenAmount(1_000_000));

        Assert.Contains("AmountAboveAvailable: requested 3000001, available 3000000", refused.Message, StringComparison.Ordinal);
        Assert.Equal(new TokenAmount(2_000_000), await gateway.Payments.ReadUnallocatedAsync(gateway.Address, token));
        Assert.Equal(new TokenAmount(2_000_000), (await gateway.Payments.ReadChannelAsync(gateway.IdOf(gateway.ChannelTo(node)))).Balance);
        Assert.Equal(1_000_000UL, await gateway.DollarsAsync());
    }

    [Fact]
    public async Task A_deposit_counts_after_its_confirmations_only()
    {
        var (client, node) = (await local.NewPartyAsync(1, confirmations: 2), await local.NewPartyAsync(0));
        var channel = client.ChannelTo(node);
        await client.FundAsync(channel, 500_000);

        Assert.True((await client.Payments.ReadChannelAsync(client.IdOf(channel))).Balance.IsZero);
        await new Forknet(client.Chain).MineAsync(2);
        Assert.Equal(new TokenAmount(500_000), (await client.Payments.ReadChannelAsync(client.IdOf(channel))).Balance);
    }

    [Fact]
    public async Task The_contract_gives_a_channel_the_id_that_its_parties_compute()
    {
        var (client, node) = (await local.NewPartyAsync(0), await local.NewPartyAsync(0));
        var channel = client.ChannelTo(node);
        Assert.Equal(client.IdOf(channel), await client.Payments.ReadChannelIdAsync(channel));
    }

    [Fact]
    public async Task Claims_sent_at_once_from_one_key_all_arrive()
    {
        var node = await local.NewPartyAsync(0);
        var clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => local.NewPartyAsync(1)));
        await Task.WhenAll(clients.Select(client => client.FundAsync(client.ChannelTo(node), 1_000_000)));

        var claims = await Task.WhenAll(clients.Select(client => node.Payments.ClaimAsync([client.Promise(client.ChannelTo(node), 10, 10)])));

        Assert.Equal(5, claims.Select(claim => claim.Transaction).Distinct().Count());
        Assert.All(claims, claim => Assert.Equal(new TokenAmount(10), claim.Total));
    }

    [Fact]
    public async Task Two_processes_may_send_with_one_key_by_turns()
    {
        var node = await local.NewPartyAsync(1);
        var twin = new Party(local.Settings, node.Key);

        var hashes = new HashSet<Hash32>();
        foreach (var chain in (ChainConnection[])[node.Chain, twin.Chain, twin.Chain, node.Chain])
        {
            hashes.Add(await chain.TransferEtherAsync(local.Minter.Address, 1));
        }

        Assert.Equal(4, hashes.Count);
    }
}
