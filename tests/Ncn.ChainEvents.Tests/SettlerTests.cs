using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>Vouchers become money once, whatever happens in between.</summary>
[Collection(Ground.Name)]
public sealed class SettlerTests(Ground ground)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Everything_due_is_claimed_recorded_and_paid_out()
    {
        using var scene = await Scene.CreateAsync(ground);
        var (first, second) = (await scene.ServeAsync(5_000), await scene.ServeAsync(7_000));

        var report = await scene.Settler.RunAsync(None);

        var claim = Assert.Single(report.Claims);
        Assert.Equal(new TokenAmount(12_000), claim.Amount);
        Assert.Equal(2, claim.Channels.Count);
        Assert.Equal(new TokenAmount(12_000), report.Settled);
        Assert.Equal(12_000UL, await scene.Gateway.DollarsAsync());
        Assert.Equal(new TokenAmount(5_000), (await scene.Actors.Channel(first.Client.IdOf(first.Config)).GetAsync()).Claimed);
        Assert.Equal(new TokenAmount(7_000), (await scene.Actors.Channel(second.Client.IdOf(second.Config)).GetAsync()).Claimed);
    }

    [Fact]
    public async Task A_second_run_moves_nothing()
    {
        using var scene = await Scene.CreateAsync(ground);
        await scene.ServeAsync(5_000);
        await scene.Settler.RunAsync(None);
        var gas = await scene.Gateway.Chain.ReadEtherAsync(scene.Gateway.Address);

        var again = await scene.Settler.RunAllAsync(None);

        Assert.Empty(again.Claims);
        Assert.Null(again.SettleTransaction);
        Assert.Equal(gas, await scene.Gateway.Chain.ReadEtherAsync(scene.Gateway.Address));
    }

    [Fact]
    public async Task A_run_killed_after_its_claim_is_finished_by_the_next()
    {
        using var scene = await Scene.CreateAsync(ground);
        var (client, config) = await scene.ServeAsync(5_000);
        var ledger = scene.Actors.Channel(client.IdOf(config));
        await scene.Gateway.Payments.ClaimAsync([client.Promise(config, 5_000, 5_000)]);

        var report = await scene.Settler.RunAsync(None);

        Assert.Empty(report.Claims);
        Assert.Equal(new TokenAmount(5_000), report.Settled);
        Assert.Equal(new TokenAmount(5_000), (await ledger.GetAsync()).Claimed);
        Assert.Equal(5_000UL, await scene.Gateway.DollarsAsync());
    }

    [Fact]
    public async Task Little_and_young_waits_unless_the_operator_asks()
    {
        using var scene = await Scene.CreateAsync(ground);
        await scene.ServeAsync(999);

        Assert.Empty((await scene.Settler.RunAsync(None)).Claims);
        Assert.Equal(new TokenAmount(999), Assert.Single((await scene.Settler.RunAllAsync(None)).Claims).Amount);
    }

    [Fact]
    public async Task Little_and_old_is_claimed()
    {
        using var scene = await Scene.CreateAsync(ground);
        await scene.ServeAsync(999, servedAt: Scene.Now - 60_000);

        Assert.Equal(new TokenAmount(999), Assert.Single((await scene.Settler.RunAsync(None)).Claims).Amount);
    }

    [Fact]
    public async Task A_begun_withdrawal_is_answered_with_a_claim()
    {
        using var scene = await Scene.CreateAsync(ground);
        var (client, config) = await scene.ServeAsync(10);
        await client.Payments.InitiateWithdrawAsync(config, new TokenAmount(LocalChain.Dollar));

        Assert.Equal(new TokenAmount(10), Assert.Single((await scene.Settler.RunAsync(None)).Claims).Amount);
    }

    [Fact]
    public async Task Half_of_a_voucher_claims_half()
    {
        using var scene = await Scene.CreateAsync(ground);
        var (client, config) = await scene.ServeAsync(4_000);
        var ledger = scene.Actors.Channel(client.IdOf(config));
        ledger.Serve(Scene.Now + 1, client.Promise(config, 9_000, 9_000).Voucher, new TokenAmount(1_500));

        var report = await scene.Settler.RunAsync(None);

        Assert.Equal(new TokenAmount(5_500), Assert.Single(report.Claims).Amount);
        Assert.Equal(5_500UL, await scene.Gateway.DollarsAsync());
    }

    [Fact]
    public async Task Two_runs_at_once_claim_once()
    {
        using var scene = await Scene.CreateAsync(ground);
        await scene.ServeAsync(5_000);

        var reports = await Task.WhenAll(scene.Settler.RunAsync(None), scene.Settler.RunAllAsync(None));

        Assert.Single(reports.SelectMany(report => report.Claims));
        Assert.Equal(5_000UL, await scene.Gateway.DollarsAsync());
    }
}
