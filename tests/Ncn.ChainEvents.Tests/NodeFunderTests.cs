using Ncn.Actors;
using Ncn.Coordination.Subnets;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>Nodes find money in their channels, and no more than they should.</summary>
[Collection(Ground.Name)]
public sealed class NodeFunderTests(Ground ground)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ModelPrice Price = new(new TokenAmount(100), default, default, default);

    [Fact]
    public async Task A_new_node_gets_its_float_once()
    {
        using var scene = await Scene.CreateAsync(ground, dollars: 10);
        var node = await ground.Chain.NewPartyAsync(0);
        scene.Join(node, Price);

        Assert.Equal(new TokenAmount(2_000_000), await scene.Funder.RunAsync(None));
        Assert.Equal(TokenAmount.Zero, await scene.Funder.RunAsync(None));

        Assert.Equal(new TokenAmount(2_000_000), await BalanceAsync(scene, node));
        Assert.Equal(8_000_000UL, await scene.Gateway.DollarsAsync());
    }

    [Fact]
    public async Task A_channel_whose_money_is_promised_is_filled_up_to_the_float()
    {
        using var scene = await Scene.CreateAsync(ground, dollars: 10);
        var node = await ground.Chain.NewPartyAsync(0);
        scene.Join(node, Price);
        await scene.Funder.RunAsync(None);
        var config = scene.Gateway.ChannelTo(node);
        var funds = new ChannelFunds(new TokenAmount(2_000_000), TokenAmount.Zero);
        var job = new AuthorizeCall("job", config, new TokenAmount(1_000_001), funds, ulong.MaxValue);
        Assert.Equal(ChannelOutcome.Accepted, (await scene.Actors.Channel(scene.Gateway.IdOf(config)).AuthorizeAsync(job)).Outcome);

        Assert.Equal(new TokenAmount(1_000_001), await scene.Funder.RunAsync(None));

        Assert.Equal(new TokenAmount(3_000_001), await BalanceAsync(scene, node));
    }

    [Fact]
    public async Task Money_that_a_killed_run_left_unallocated_is_used_first()
    {
        using var scene = await Scene.CreateAsync(ground, dollars: 2);
        var node = await ground.Chain.NewPartyAsync(0);
        scene.Join(node, Price);
        await scene.Gateway.Token.EnsureAllowanceAsync(ground.Chain.Settings.InferencePayment, new TokenAmount(2_000_000));
        await scene.Gateway.Payments.DepositBalanceAsync(ground.Chain.Settings.Token, new TokenAmount(2_000_000));

        Assert.Equal(new TokenAmount(2_000_000), await scene.Funder.RunAsync(None));
        Assert.Equal(0UL, await scene.Gateway.DollarsAsync());
    }

    [Fact]
    public async Task Too_little_money_funds_as_many_nodes_as_it_can()
    {
        using var scene = await Scene.CreateAsync(ground, dollars: 3);
        scene.Join(await ground.Chain.NewPartyAsync(0), Price);
        scene.Join(await ground.Chain.NewPartyAsync(0), Price);

        Assert.Equal(new TokenAmount(2_000_000), await scene.Funder.RunAsync(None));
        Assert.Equal(TokenAmount.Zero, await scene.Funder.RunAsync(None));
    }

    [Fact]
    public async Task Who_has_staked_is_funded_before_strangers_whatever_their_addresses()
    {
        using var scene = await Scene.CreateAsync(ground, dollars: 3);
        var parties = new[] { await ground.Chain.NewPartyAsync(0), await ground.Chain.NewPartyAsync(0) }.OrderBy(static party => party.Address).ToArray();
        scene.Join(parties[0], Price);
        scene.Join(parties[1], Price);
        scene.Actors.Subnet.Bonded[parties[1].Address] = new MirroredStake(1, default, new TokenAmount(10), default, 0);

        await scene.Funder.RunAsync(None);

        Assert.Equal((TokenAmount.Zero, new TokenAmount(2_000_000)), (await BalanceAsync(scene, parties[0]), await BalanceAsync(scene, parties[1])));
    }

    [Fact]
    public async Task A_node_that_asks_for_nothing_gets_nothing()
    {
        using var scene = await Scene.CreateAsync(ground, dollars: 3);
        scene.Join(await ground.Chain.NewPartyAsync(0), ModelPrice.Free);

        Assert.Equal(TokenAmount.Zero, await scene.Funder.RunAsync(None));
    }

    [Fact]
    public async Task A_network_free_of_charge_funds_nobody()
    {
        using var scene = await Scene.CreateAsync(ground, dollars: 3, free: true);
        scene.Join(await ground.Chain.NewPartyAsync(0), Price);

        Assert.Equal(TokenAmount.Zero, await scene.Funder.RunAsync(None));
    }

    private static async Task<TokenAmount> BalanceAsync(Scene scene, Party node) =>
        (await scene.Gateway.Payments.ReadChannelAsync(scene.Gateway.IdOf(scene.Gateway.ChannelTo(node)))).Balance;
}
