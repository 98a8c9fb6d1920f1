using Ncn.Protocol;
using Ncn.Verification.Tests.Fold;

namespace Ncn.Verification.Tests.Economics;

public sealed class RewardTests
{
    private static readonly Address Other = Town.Key(201);

    [Fact]
    public void Fees_go_to_nodes_by_work_to_validators_by_duty_and_to_the_gateway()
    {
        var town = new Town();
        town.Check([town.Receipt(price: 300), town.Receipt(Other, 100)], Town.Honest);
        Pay(town, Town.Gateway, 1_000_000);
        town.EndEpoch();

        Assert.Equal(525_000u, Had(town, Town.Node));
        Assert.Equal(175_000u, Had(town, Other));
        Assert.Equal(100_000u, Had(town, Town.Gateway));
        var validators = town.Members.Select(member => Had(town, member.Account)).ToArray();
        Assert.Equal(200_000u - (uint)town.State.DutyPot.Units, validators.Aggregate(UInt128.Zero, static (sum, one) => sum + one));
        Assert.Contains(town.Members, member => Had(town, member.Key) == 0);
        town.CheckMoney();
    }

    [Fact]
    public void Work_that_was_made_up_earns_no_others_fees()
    {
        var town = new Town();
        var wash = Town.Key(101);
        town.Check([town.Receipt(price: 100)], Town.Honest);
        town.Check([town.Receipt(Other, 1_000_000_000)], Town.Honest, wash);
        Pay(town, Town.Gateway, 1_000_000);
        Pay(town, wash, 10);
        town.EndEpoch();

        Assert.Equal(700_000u, Had(town, Town.Node));
        Assert.Equal(7u, Had(town, Other));
        Assert.Equal(1u, Had(town, wash));
        town.CheckMoney();
    }

    [Fact]
    public void A_receipt_of_the_sample_stands_for_those_that_were_not_drawn()
    {
        var town = new Town();
        for (var round = 0; round < 4; round++)
        {
            town.Check([.. Enumerable.Range(0, 64).Select(_ => town.Receipt(price: 100))], Town.Honest);
        }

        var rate = town.State.RateOf(Town.Node);
        Assert.InRange(rate, 10_000u, 300_000u);
        var work = town.State.Work[new WorkKey(Town.Gateway, Town.Node)].OfNode;
        Assert.InRange((double)work, 0.6 * 25_600, 1.6 * 25_600);
    }

    [Fact]
    public void Without_work_fees_wait_for_the_next_epoch()
    {
        var town = new Town();
        Pay(town, Town.Gateway, 1_000_000);
        town.EndEpoch();
        Assert.Empty(town.State.Accounts);
        Assert.Equal(new Pot(new TokenAmount(700_000), new TokenAmount(100_000)), town.State.Pots[Town.Gateway]);

        town.Check([town.Receipt()], Town.Honest);
        town.EndEpoch();
        Assert.Equal(700_000u, Had(town, Town.Node));
        town.CheckMoney();
    }

    [Fact]
    public void A_node_with_a_fault_in_the_epoch_earns_nothing_of_it()
    {
        var town = new Town();
        town.Check([town.Receipt(), town.Receipt()], static (_, item) => item is { Kind: CaseKind.Receipt, Index: 1 } ? Finding.Failed : Finding.Passed);
        Pay(town, Town.Gateway, 1_000_000);
        town.EndEpoch();

        Assert.Equal(0u, Had(town, Town.Node));
        Assert.Empty(town.State.Penalties);
        town.CheckMoney();
    }

    [Fact]
    public void What_a_slash_brings_goes_to_who_was_harmed_and_then_to_who_found_out()
    {
        var town = new Town();
        town.Deliver(new Fact.FundsReceived(FundKind.Penalty, Town.Word(1), new TokenAmount(50)));
        Assert.Equal(new TokenAmount(50), town.State.DutyPot);
        town.Deliver(new Fact.FundsReceived((FundKind)99, Town.Word(1), new TokenAmount(3)), new Fact.FundsReceived(FundKind.Fee, default, new TokenAmount(4)));
        Assert.Equal(new TokenAmount(7), town.State.Reserve);
        town.CheckMoney();
    }

    [Fact]
    public void What_was_paid_in_and_not_used_goes_back()
    {
        var town = new Town();
        town.Deliver(new Fact.FundsReceived(FundKind.Bond, Town.WordOf(Other), new TokenAmount(500)));
        town.EndEpoch();
        Assert.Equal(new TokenAmount(500), town.State.Credits[Other].Amount);
        town.EndEpoch();
        town.EndEpoch();

        Assert.Empty(town.State.Credits);
        Assert.Equal(500u, Had(town, Other));
        town.CheckMoney();
    }

    private static void Pay(Town town, Address source, ulong amount) => town.Deliver(new Fact.FundsReceived(FundKind.Fee, Town.WordOf(source), new TokenAmount(amount)));

    private static UInt128 Had(Town town, Address account) => town.State.Accounts.GetValueOrDefault(account).Units;
}
