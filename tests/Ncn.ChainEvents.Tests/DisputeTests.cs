using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.ChainEvents.Pump;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Xunit.Abstractions;

namespace Ncn.ChainEvents.Tests;

/// <summary>A payer disputes a claim: an honest operator's app answers and keeps its stake; what no voucher covers is not answered and costs it.</summary>
[Collection(Ground.Name)]
public sealed class DisputeTests(Ground ground, ITestOutputHelper output)
{
    private const ulong Charged = 200_000;
    private const ulong Stated = 300_000;
    private const ulong Later = 450_000;
    private static readonly CancellationToken None = CancellationToken.None;

    private LocalChain Local => ground.Chain;

    [Fact]
    public async Task An_honest_claim_that_is_disputed_is_answered_and_the_stake_released()
    {
        await using var app = await RunningApp.StartAsync(ground);
        var (client, config) = await FundAsync(app.Gateway);
        var ledger = app.Actors.Channel(client.IdOf(config));
        app.Actors.Subnet.Channels.Add(client.IdOf(config));
        var statement = await StateAsync(ledger, client, config, app.Gateway, app.Subnet);
        ledger.Serve(2, client.Promise(config, Later, Later).Voucher, new TokenAmount(Later - Charged));
        var before = await Balances.ReadAsync(Local, client, app.Gateway, output, "before");
        (await app.SettleAsync("secret")).EnsureSuccessStatusCode().Dispose();
        var claimed = await Balances.ReadAsync(Local, client, app.Gateway, output, "claimed");
        Assert.Equal(before.After(Later), claimed);

        var disputes = new DisputeContract(client.Chain);
        await disputes.OpenAsync(statement, config);

        await Eventually.TrueAsync("the dispute is answered", async () => !(await disputes.ReadAsync(disputes.IdOf(statement.Message))).IsOpen);
        var opened = await disputes.ReadAsync(disputes.IdOf(statement.Message));
        Assert.Equal((new TokenAmount(Later - Charged), new TokenAmount(2 * (Later - Charged))), (opened.OverClaim, opened.Frozen));
        var stake = await Stakeholder.ReadStakeAsync(app.Gateway, app.Subnet);
        Assert.Equal((new TokenAmount(Stakeholder.Stake), TokenAmount.Zero), (stake.Bonded, stake.Frozen));
        Assert.Equal(claimed, await Balances.ReadAsync(Local, client, app.Gateway, output, "after"));
    }

    [Fact]
    public async Task A_dispute_that_was_answered_is_not_answered_again()
    {
        using var scene = await Scene.CreateStakedAsync(ground);
        var (client, config) = await FundAsync(scene.Gateway);
        var ledger = scene.Actors.Channel(client.IdOf(config));
        var statement = await StateAsync(ledger, client, config, scene.Gateway, scene.Subnet);
        ledger.Serve(2, client.Promise(config, Later, Later).Voucher, new TokenAmount(Later - Charged));
        await scene.Gateway.Payments.ClaimAsync([client.Promise(config, Later, Later)]);
        await new DisputeContract(client.Chain).OpenAsync(statement, config);
        var told = Told("dispute", scene, client.IdOf(config), statement);

        await scene.Applier.ApplyAsync(told, None);

        var coin = await client.Chain.ReadEtherAsync(scene.Gateway.Address);
        await scene.Applier.ApplyAsync(told, None);
        await scene.Applier.ApplyAsync(Told("again", scene, client.IdOf(config), statement), None);
        Assert.Equal(coin, await client.Chain.ReadEtherAsync(scene.Gateway.Address));
        Assert.Equal(TokenAmount.Zero, (await Stakeholder.ReadStakeAsync(scene.Gateway, scene.Subnet)).Frozen);
    }

    [Theory]
    [InlineData(Stated)]
    [InlineData(Stated + 10_000)]
    public async Task What_no_voucher_covers_is_not_answered_and_goes_back_to_the_payer(ulong best)
    {
        const ulong Claimed = Stated + 20_000;
        using var scene = await Scene.CreateStakedAsync(ground);
        var (client, config) = await FundAsync(scene.Gateway);
        var ledger = scene.Actors.Channel(client.IdOf(config));
        var statement = await StateAsync(ledger, client, config, scene.Gateway, scene.Subnet);
        if (best > Stated)
        {
            ledger.Serve(2, client.Promise(config, best, best).Voucher, new TokenAmount(best - Charged));
        }

        // The operator claims with a voucher that its own ledger lost, above what the best that is left allows.
        Assert.Empty((await scene.Gateway.Payments.ClaimAsync([client.Promise(config, Claimed, Claimed)])).Skipped);
        var disputes = new DisputeContract(client.Chain);
        var before = await Balances.ReadAsync(Local, client, scene.Gateway, output, "before");
        await disputes.OpenAsync(statement, config);
        var coin = await client.Chain.ReadEtherAsync(scene.Gateway.Address);

        await scene.Applier.ApplyAsync(Told("dispute", scene, client.IdOf(config), statement), None);

        Assert.Equal(coin, await client.Chain.ReadEtherAsync(scene.Gateway.Address));
        Assert.True((await disputes.ReadAsync(disputes.IdOf(statement.Message))).IsOpen);
        await new Forknet(Local.Minter.Chain).AdvanceTimeAsync(3 * 86_400);
        await disputes.CloseAsync(disputes.IdOf(statement.Message));
        var after = await Balances.ReadAsync(Local, client, scene.Gateway, output, "after");
        const ulong Over = Claimed - Charged;
        Assert.Equal(before with { Payer = before.Payer + Over, Registry = before.Registry - Over, Pool = before.Pool + Over }, after);
        Assert.Equal(new TokenAmount(Stakeholder.Stake - (2 * Over)), (await Stakeholder.ReadStakeAsync(scene.Gateway, scene.Subnet)).Bonded);
    }

    private async Task<(Party Client, ChannelConfig Config)> FundAsync(Party gateway)
    {
        var client = await Local.NewPartyAsync(1);
        var config = client.ChannelTo(gateway);
        await client.FundAsync(config, LocalChain.Dollar);
        return (client, config);
    }

    /// <summary>The gateway serves a request, and states what it charged for it.</summary>
    private async Task<Signed<ChannelStatement>> StateAsync(LedgerChannel ledger, Party client, ChannelConfig config, Party gateway, SubnetId subnet)
    {
        var voucher = client.Promise(config, Stated, Stated).Voucher;
        ledger.Serve(1, voucher, new TokenAmount(Charged));
        var stated = (await ledger.StateAsync(new(voucher, 1))).Stated!;
        var statement = new ChannelStatement(subnet, Local.Settings.InferencePayment, client.IdOf(config), stated.MaxClaimable, stated.Charged, 1);
        Assert.Equal((new TokenAmount(Stated), new TokenAmount(Charged)), (statement.MaxClaimableAmount, statement.Charged));
        return gateway.Signer.Sign(statement, Local.Settings.NetworkDomain);
    }

    private ChainNotice Told(string id, Scene scene, ChannelId channel, Signed<ChannelStatement> statement) => new(
        id, NoticeKind.Dispute, 1, [channel], Subnet: scene.Subnet, Operator: scene.Gateway.Address,
        Dispute: Local.Settings.NetworkDomain.Digest(statement.Message));
}
