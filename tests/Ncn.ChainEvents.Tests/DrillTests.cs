using Ncn.Chain;
using Ncn.ChainEvents.Pump;
using Ncn.Payments.Settlement;
using Ncn.Protocol;
using Ncn.Tests.Escrow;
using Xunit.Abstractions;

namespace Ncn.ChainEvents.Tests;

/// <summary>What goes wrong with money in transit: nothing is lost, nothing is paid twice, to the unit.</summary>
[Collection(Ground.Name)]
public sealed class DrillTests(Ground ground, ITestOutputHelper output)
{
    // Half a percent of it is 2,001.995 units.
    private const ulong Owed = 400_399;
    private static readonly CancellationToken None = CancellationToken.None;

    private LocalChain Local => ground.Chain;

    [Fact]
    public async Task A_payer_that_withdraws_with_unclaimed_vouchers_pays_them_first()
    {
        using var scene = await Scene.CreateStakedAsync(ground);
        var served = await scene.ServeAsync(Owed);
        var before = await ReadAsync(scene, served.Client, "before");
        await served.Client.Payments.InitiateWithdrawAsync(served.Config, new TokenAmount(LocalChain.Dollar));

        await scene.Applier.ApplyAsync(Withdrawal(served), None);

        var ledger = await scene.LedgerAsync(served);
        Assert.Equal((new TokenAmount(Owed), new TokenAmount(LocalChain.Dollar)), (ledger.Claimed, ledger.Escrow!.Withdrawing));
        await scene.Settler.RunAsync(None);
        await new Forknet(Local.Minter.Chain).AdvanceTimeAsync(served.Config.WithdrawDelay + 1);
        await served.Client.Payments.FinalizeWithdrawAsync(served.Config);
        var after = await ReadAsync(scene, served.Client, "after");
        Assert.Equal(before.After(Owed, takenBack: LocalChain.Dollar - Owed), after);
    }

    [Fact]
    public async Task The_same_withdrawal_told_three_times_and_at_once_is_claimed_once()
    {
        using var scene = await Scene.CreateStakedAsync(ground);
        var served = await scene.ServeAsync(Owed);
        var before = await ReadAsync(scene, served.Client, "before");
        await served.Client.Payments.InitiateWithdrawAsync(served.Config, new TokenAmount(LocalChain.Dollar));
        var notice = Withdrawal(served);

        await Task.WhenAll(scene.Applier.ApplyAsync(notice, None), scene.Applier.ApplyAsync(notice, None));
        await scene.Applier.ApplyAsync(notice, None);

        var claim = Assert.Single(await scene.Book.ListNewestAsync(10, None));
        Assert.Equal((SettlementPhase.Recorded, new TokenAmount(Owed)), (claim.Phase, claim.Amount));
        await scene.Settler.RunAsync(None);
        var after = await ReadAsync(scene, served.Client, "after");
        Assert.Equal(before.After(Owed), after);
    }

    [Fact]
    public async Task Killed_between_signing_and_sending_twice_the_claim_is_sent_once()
    {
        using var scene = await Scene.CreateStakedAsync(ground);
        var served = await scene.ServeAsync(Owed);
        var before = await ReadAsync(scene, served.Client, "before");
        for (var death = 0; death < 2; death++)
        {
            scene.Journal = static journal => new DyingJournal(journal);
            scene.Restart();
            await DiesAsync(() => scene.Settler.RunAsync(None), mayFinish: death > 0);
        }

        scene.Journal = static journal => journal;
        scene.Restart();
        await scene.Settler.RunAsync(None);
        await AssertPaidOnceAsync(scene, served, before);
    }

    [Fact]
    public async Task Killed_between_sending_and_recording_twice_the_claim_is_paid_once()
    {
        using var scene = await Scene.CreateStakedAsync(ground);
        var served = await scene.ServeAsync(Owed);
        var ledger = scene.Actors.Channel(served.Client.IdOf(served.Config));
        var before = await ReadAsync(scene, served.Client, "before");
        ledger.DiesAtRecord = true;
        for (var death = 0; death < 2; death++)
        {
            await DiesAsync(() => scene.Settler.RunAsync(None), mayFinish: false);
            scene.Restart();
        }

        ledger.DiesAtRecord = false;
        await scene.Settler.RunAsync(None);
        await AssertPaidOnceAsync(scene, served, before);
    }

    [Fact]
    public async Task Two_operators_processes_that_claim_the_same_voucher_are_paid_once()
    {
        using var scene = await Scene.CreateStakedAsync(ground);
        var served = await scene.ServeAsync(Owed);
        var before = await ReadAsync(scene, served.Client, "before");
        var claim = served.Client.Promise(served.Config, Owed, Owed);

        var first = await scene.Gateway.Payments.ClaimAsync([claim]);
        var second = await scene.Gateway.Payments.ClaimAsync([claim]);
        Assert.Equal((new TokenAmount(Owed), TokenAmount.Zero), (first.Total, second.Total));
        Assert.Single(second.Skipped);

        Assert.Empty((await scene.Settler.RunAsync(None)).Claims);
        Assert.Equal(new TokenAmount(Owed), (await scene.LedgerAsync(served)).Claimed);
        var after = await ReadAsync(scene, served.Client, "after");
        Assert.Equal(before.After(Owed), after);
    }

    private async Task AssertPaidOnceAsync(Scene scene, (Party Client, ChannelConfig Config) served, Balances before)
    {
        var claims = await scene.Book.ListNewestAsync(10, None);
        Assert.Equal(SettlementPhase.Recorded, Assert.Single(claims, static claim => claim.Phase != SettlementPhase.Refused).Phase);
        Assert.Empty(await scene.Book.ListOpenAsync(None));
        Assert.Equal(new TokenAmount(Owed), (await scene.LedgerAsync(served)).Claimed);
        Assert.Equal(new TokenAmount(Owed), (await Scene.ReadAsync(served)).TotalClaimed);
        var after = await ReadAsync(scene, served.Client, "after");
        Assert.Equal(before.After(Owed), after);
        Assert.Empty((await scene.Settler.RunAllAsync(None)).Claims);
    }

    private static async Task DiesAsync(Func<Task> run, bool mayFinish)
    {
        var death = await Record.ExceptionAsync(run);
        Assert.True(death is ProcessDied || (mayFinish && death is null), death?.ToString());
    }

    private Task<Balances> ReadAsync(Scene scene, Party payer, string when) => Balances.ReadAsync(Local, payer, scene.Gateway, output, when);

    private static ChainNotice Withdrawal((Party Client, ChannelConfig Config) served) =>
        new("event", NoticeKind.Withdrawal, 1, [served.Client.IdOf(served.Config)]);
}
