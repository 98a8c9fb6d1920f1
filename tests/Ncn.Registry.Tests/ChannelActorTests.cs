using Dapr.Actors;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

public sealed class ChannelActorTests : IDisposable
{
    private readonly Signer _payer = Samples.Signer(3);

    private ChannelId Id => Samples.Config(_payer).Id(RegistryFixture.PaymentsDomain);

    public void Dispose() => _payer.Dispose();

    private Task TellSubnetAsync(RegistryFixture registry) => registry.Sidecar.FireAsync(ActorTypes.Channel, Id.ToString(), "outbox");

    private SignedVoucher Highest(uint total) => SignedVoucher.Create(Samples.Config(_payer), Samples.Amount(total), _payer, RegistryFixture.PaymentsDomain);

    [Fact]
    public async Task A_reservation_and_a_charge_survive_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;

        Assert.Equal(ChannelOutcome.Accepted, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now))).Outcome);
        await registry.CrashAsync();
        Assert.Equal(ChannelOutcome.Accepted, (await registry.Channel(Id).ChargeAsync(new ChargeCall(Samples.Request(1).ToString(), Samples.Amount(30)))).Outcome);
        await registry.CrashAsync();

        var again = await registry.Channel(Id).ChargeAsync(new ChargeCall(Samples.Request(1).ToString(), Samples.Amount(30)));
        Assert.Equal((ChannelOutcome.Repeated, Samples.Amount(30), TokenAmount.Zero), (again.Outcome, again.Charged, again.Reserved));
        Assert.Equal(ChannelOutcome.AlreadyCharged, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now))).Outcome);
    }

    [Fact]
    public async Task Hundreds_of_charges_are_remembered_over_crashes()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        for (var batch = 0; batch < 4; batch++)
        {
            var first = (batch * 50) + 1;
            ChannelStep[] steps =
            [
                .. Enumerable.Range(first, 50).Select(number => new ChannelStep { Reserve = Samples.Reserve(_payer, number, 1000, 1, now) }),
                .. Enumerable.Range(first, 50).Select(number => new ChannelStep { Charge = new ChargeCall(Samples.Request(number).ToString(), Samples.Amount(1)) }),
            ];
            Assert.All(await registry.Channel(Id).ApplyAsync(steps), static result => Assert.Equal(ChannelOutcome.Accepted, result.Outcome));
            await registry.CrashAsync();
        }

        var again = await registry.Channel(Id).ApplyAsync(
            [.. Enumerable.Range(1, 200).Select(number => new ChannelStep { Charge = new ChargeCall(Samples.Request(number).ToString(), Samples.Amount(1)) })]);
        Assert.All(again, static result => Assert.Equal((ChannelOutcome.Repeated, Samples.Amount(200)), (result.Outcome, result.Charged)));
    }

    [Fact]
    public async Task A_channel_is_entered_in_its_subnets_index_after_its_first_reservation_whatever_dies_in_between()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now));
        var owed = $"{ActorTypes.Channel}/{Id}/outbox";
        Assert.Contains(owed, registry.Sidecar.State.Keys);
        await registry.CrashAsync();

        registry.Sidecar.RefusesCommits = true;
        await Assert.ThrowsAsync<HttpRequestException>(() => registry.Sidecar.FireAsync(ActorTypes.Channel, Id.ToString(), "outbox"));
        registry.Sidecar.RefusesCommits = false;
        Assert.Contains(owed, registry.Sidecar.State.Keys);
        Assert.Contains(owed, registry.Sidecar.Reminders.Keys);
        await TellSubnetAsync(registry);

        Assert.Equal([Id], await registry.Subnet.ListChannelsAsync());
        Assert.DoesNotContain(owed, registry.Sidecar.State.Keys);
        Assert.DoesNotContain(owed, registry.Sidecar.Reminders.Keys);
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 2, 200, 50, now));
        Assert.DoesNotContain(owed, registry.Sidecar.State.Keys);
    }

    [Fact]
    public async Task A_first_reservation_that_could_not_be_saved_owes_its_subnet_nothing()
    {
        await using var registry = await RegistryFixture.StartAsync();
        registry.Sidecar.RefusesCommits = true;
        await Assert.ThrowsAsync<ActorMethodInvocationException>(() => registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, registry.Time.Milliseconds)));
        registry.Sidecar.RefusesCommits = false;

        await TellSubnetAsync(registry);

        Assert.Empty(await registry.Subnet.ListChannelsAsync());
        Assert.Empty(registry.Sidecar.Reminders);
    }

    [Fact]
    public async Task A_forged_voucher_moves_nothing()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var thief = Samples.Signer(4);
        var good = Samples.Reserve(_payer, 1, 100, 50, registry.Time.Milliseconds);
        var forged = good with { Voucher = SignedVoucher.Create(Samples.Config(_payer), Samples.Amount(100), thief, RegistryFixture.PaymentsDomain) };

        var failure = await Assert.ThrowsAsync<ActorMethodInvocationException>(() => registry.Channel(Id).ReserveAsync(forged));

        Assert.Contains("is not signed", failure.InnerException!.Message, StringComparison.Ordinal);
        Assert.Null(await registry.Channel(Id).GetClaimableAsync());
        Assert.Empty(await registry.Subnet.ListChannelsAsync());
    }

    [Fact]
    public async Task A_policy_that_the_payer_signed_binds_after_a_crash_and_a_forged_one_never()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var thief = Samples.Signer(4);
        var policy = new SpendPolicy(Id, _payer.Address, 1, ulong.MaxValue, Samples.Amount(60), Samples.Amount(80), false, [new ModelCap("chat", Samples.Amount(50), Samples.Amount(50))]);
        var config = Samples.Config(_payer);
        var reserve = Samples.Reserve(_payer, 1, 1000, 60, registry.Time.Milliseconds);

        await Assert.ThrowsAsync<ActorMethodInvocationException>(() => registry.Channel(Id).SetPolicyAsync(new PolicyCall(config, thief.Sign(policy, RegistryFixture.NetworkDomain))));
        Assert.Equal(ChannelOutcome.Accepted, (await registry.Channel(Id).SetPolicyAsync(new PolicyCall(config, _payer.Sign(policy, RegistryFixture.NetworkDomain)))).Outcome);
        await registry.CrashAsync();

        Assert.Equal(ChannelOutcome.PolicyRequestCap, (await registry.Channel(Id).ReserveAsync(reserve with { Models = ["chat"] })).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, (await registry.Channel(Id).ReserveAsync(reserve with { Models = ["other"] })).Outcome);
        await TellSubnetAsync(registry);
        Assert.Equal([Id], await registry.Subnet.ListChannelsAsync());
        await registry.Channel(Id).ChargeAsync(new ChargeCall(reserve.Key, Samples.Amount(40)));
        await registry.CrashAsync();
        var spending = await registry.Channel(Id).ReadSpendingAsync();
        Assert.Equal((Samples.Amount(40), policy.StructHash()), (spending.Book.On(registry.Time.Milliseconds, "other"), spending.Policy!.Message.StructHash()));
        var second = Samples.Reserve(_payer, 2, 1000, 41, registry.Time.Milliseconds);
        Assert.Equal(ChannelOutcome.PolicyDayCap, (await registry.Channel(Id).ReserveAsync(second)).Outcome);
    }

    [Fact]
    public async Task A_voucher_for_another_channel_is_refused()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var other = Samples.Signer(4);

        var result = await registry.Channel(Id).ReserveAsync(Samples.Reserve(other, 1, 100, 50, registry.Time.Milliseconds));

        Assert.Equal(ChannelOutcome.WrongChannel, result.Outcome);
    }

    [Fact]
    public async Task A_reservation_that_could_not_be_saved_does_not_count()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now));
        registry.Sidecar.RefusesCommits = true;
        await Assert.ThrowsAsync<ActorMethodInvocationException>(() => registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 2, 100, 50, now)));
        registry.Sidecar.RefusesCommits = false;

        var view = await registry.Channel(Id).GetAsync();

        Assert.Equal(Samples.Amount(50), view.Reserved);
    }

    [Fact]
    public async Task A_reservation_whose_commit_went_unanswered_is_what_the_store_says()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now));
        registry.Sidecar.LosesAnswersToCommits = true;
        await Assert.ThrowsAsync<ActorMethodInvocationException>(() => registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 2, 100, 50, now)));
        registry.Sidecar.LosesAnswersToCommits = false;

        Assert.Equal(Samples.Amount(100), (await registry.Channel(Id).GetAsync()).Reserved);
        Assert.Equal(ChannelOutcome.Repeated, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 2, 100, 50, now))).Outcome);
    }

    [Fact]
    public async Task What_is_charged_can_be_claimed_until_it_is()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, registry.Time.Milliseconds));
        Assert.Null(await registry.Channel(Id).GetClaimableAsync());
        await registry.Channel(Id).ChargeAsync(new ChargeCall(Samples.Request(1).ToString(), Samples.Amount(30)));

        var claimable = await registry.Channel(Id).GetClaimableAsync();

        Assert.Equal((Samples.Amount(30), Samples.Amount(100)), (claimable!.TotalClaimable, claimable.Voucher.MaxClaimableAmount));
        Assert.True(claimable.Voucher.IsAuthentic(RegistryFixture.PaymentsDomain));
        await registry.Channel(Id).RecordClaimAsync(Samples.Amount(30));
        Assert.Null(await registry.Channel(Id).GetClaimableAsync());
    }

    [Fact]
    public async Task A_statement_binds_the_channel_over_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        Assert.Null(await registry.Channel(Id).GetVoucherAsync());
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now));
        Assert.Equal(ChannelOutcome.InFlight, (await registry.Channel(Id).StateAsync(new StateCall(Highest(120), now))).Outcome);
        await registry.Channel(Id).ChargeAsync(new ChargeCall(Samples.Request(1).ToString(), Samples.Amount(30)));
        var stated = await registry.Channel(Id).StateAsync(new StateCall(Highest(120), now));
        await registry.CrashAsync();

        Assert.Equal((Samples.Amount(120), Samples.Amount(30)), (stated.Stated!.MaxClaimable, stated.Stated.Charged));
        Assert.Equal((ChannelOutcome.Repeated, stated.Stated), await AskAgainAsync());
        Assert.Equal(ChannelOutcome.VoucherTooLow, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 2, 120, 50, now))).Outcome);
        Assert.Equal(ChannelOutcome.Accepted, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 2, 121, 50, now))).Outcome);
        var voucher = await registry.Channel(Id).GetVoucherAsync();
        Assert.True(voucher!.IsAuthentic(RegistryFixture.PaymentsDomain));
        Assert.Equal(Samples.Amount(121), voucher.MaxClaimableAmount);

        using var thief = Samples.Signer(4);
        var forged = SignedVoucher.Create(Samples.Config(_payer), Samples.Amount(500), thief, RegistryFixture.PaymentsDomain);
        await Assert.ThrowsAsync<ActorMethodInvocationException>(() => registry.Channel(Id).StateAsync(new StateCall(forged, now + 1)));

        async Task<(ChannelOutcome, StatedTotals?)> AskAgainAsync()
        {
            var result = await registry.Channel(Id).StateAsync(new StateCall(Highest(120), now));
            return (result.Outcome, result.Stated);
        }
    }

    [Fact]
    public async Task A_statement_that_could_not_be_saved_is_not_given()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now));
        await registry.Channel(Id).ReleaseAsync(Samples.Request(1).ToString());
        registry.Sidecar.RefusesCommits = true;
        await Assert.ThrowsAsync<ActorMethodInvocationException>(() => registry.Channel(Id).StateAsync(new StateCall(null, now)));
        registry.Sidecar.RefusesCommits = false;

        Assert.Null((await registry.Channel(Id).GetAsync()).Stated);
        Assert.Equal(ChannelOutcome.Accepted, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 2, 100, 50, now))).Outcome);
    }

    [Fact]
    public async Task An_expired_reservation_is_released_by_the_next_look()
    {
        await using var registry = await RegistryFixture.StartAsync();
        await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, registry.Time.Milliseconds));

        registry.Time.Advance(600_000);

        Assert.Equal(TokenAmount.Zero, (await registry.Channel(Id).GetAsync()).Reserved);
    }

    [Fact]
    public async Task Many_charged_requests_are_all_remembered_over_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        for (var i = 1; i <= 40; i++)
        {
            await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, i, 1_000, 10, now));
            await registry.Channel(Id).ChargeAsync(new ChargeCall(Samples.Request(i).ToString(), Samples.Amount(1)));
        }

        await registry.CrashAsync();

        for (var i = 1; i <= 40; i++)
        {
            Assert.Equal(ChannelOutcome.AlreadyCharged, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, i, 1_000, 10, now))).Outcome);
        }
    }

    [Fact]
    public async Task A_withdrawal_that_an_event_told_of_binds_over_a_crash_and_older_readings_do_not()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var now = registry.Time.Milliseconds;
        await registry.Channel(Id).ObserveAsync(new ObserveCall(new ChannelEscrow(5, Samples.Amount(1_000_000), default, Samples.Amount(1_000_000), 1), Ours: true));
        await registry.Channel(Id).ObserveAsync(new ObserveCall(new ChannelEscrow(4, Samples.Amount(1_000), default, default, 0), Ours: true));

        await registry.CrashAsync();

        Assert.Equal(ChannelOutcome.ExceedsEscrow, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now))).Outcome);
        Assert.Equal(5UL, (await registry.Channel(Id).GetAsync()).Escrow!.Block);
        await registry.Channel(Id).ObserveAsync(new ObserveCall(new ChannelEscrow(6, Samples.Amount(1_000), default, default, 0), Ours: true));
        Assert.Equal(ChannelOutcome.Accepted, (await registry.Channel(Id).ReserveAsync(Samples.Reserve(_payer, 1, 100, 50, now))).Outcome);
        await TellSubnetAsync(registry);
        Assert.Equal([Id], await registry.Subnet.ListChannelsAsync());
    }
}
