using Ncn.Protocol;

namespace Ncn.Verification.Tests.Fold;

/// <summary>Gateways that are away, that refuse, and that answer some validators only: what it costs whom.</summary>
public sealed class AwayTests
{
    [Fact]
    public void A_gateway_that_nobody_reaches_costs_no_validator_a_duty_and_itself_the_commitment_alone()
    {
        var town = Judged(static (_, _) => Finding.Unreachable);
        Assert.Empty(town.All<VerificationOutput.DutyMissed>());
        Assert.Empty(town.State.Duty);
        Assert.Equal((0UL, 0UL, null), Of(town.State.Gateways[Town.Gateway]));
        Assert.Equal((0UL, 0UL, null), Of(town.State.NodeOf(Town.Node)));
        Assert.Empty(town.State.Work);
    }

    [Fact]
    public void Who_alone_cannot_reach_it_has_missed_the_duty_and_nobody_else_has()
    {
        var town = Judged(static (validator, _) => validator == Town.Key(0) ? Finding.Unreachable : Finding.Passed);
        var missed = town.All<VerificationOutput.DutyMissed>().ToArray();
        Assert.NotEmpty(missed);
        Assert.All(missed, static miss => Assert.Equal((Town.Key(0), DutyMiss.Silent), (miss.Validator, miss.Miss)));
        Assert.Equal((0UL, (ulong)missed.Length), (town.State.Duty[Town.Key(0)].Done, town.State.Duty[Town.Key(0)].Missed));
        Assert.Equal(Receipts(town), (int)town.State.NodeOf(Town.Node).Passes);
        Assert.Equal(0UL, town.State.Gateways[Town.Gateway].Failed);
        Assert.NotEmpty(town.State.Work);
    }

    [Theory]
    [InlineData(Finding.Unreachable)]
    [InlineData(Finding.Refused)]
    [InlineData(Finding.Withheld)]
    public void A_gateway_that_answers_half_of_the_validators_sets_none_of_them_against_the_others_and_earns_nothing(Finding others)
    {
        var town = Judged((validator, item) => IsFirstHalf(validator) ? Finding.Passed : item.Kind == CaseKind.List && others == Finding.Refused ? Finding.Withheld : others);
        Assert.Empty(town.All<VerificationOutput.DutyMissed>());
        Assert.Equal(0UL, town.State.Gateways[Town.Gateway].Failed);
        Assert.All(town.State.Work.Values, static work => Assert.Equal(UInt128.Zero, work.OfGateway));
        Assert.Equal(0UL, town.State.NodeOf(Town.Node).Failed);
    }

    [Fact]
    public void A_cheat_whose_gateway_answers_half_of_the_validators_has_no_pass_from_it()
    {
        var town = Judged(static (validator, item) => !IsFirstHalf(validator) ? Finding.Unreachable : item.Kind == CaseKind.List ? Finding.Passed : Finding.Failed);
        Assert.Empty(town.All<VerificationOutput.DutyMissed>());
        Assert.Equal((0UL, 0UL, null), Of(town.State.NodeOf(Town.Node)));
        Assert.Empty(town.State.Work);
    }

    [Fact]
    public void A_gateway_that_refuses_all_is_at_fault_and_the_node_that_nobody_can_ask_is_not()
    {
        var town = Judged(static (_, item) => item.Kind == CaseKind.List ? Finding.Passed : Finding.Refused);
        Assert.Empty(town.All<VerificationOutput.DutyMissed>());
        var record = town.State.Gateways[Town.Gateway];
        Assert.Equal((Receipts(town), StandingStatus.Suspended), ((int)record.Failed, record.Sentence));
        Assert.Equal((0UL, 0UL, null), Of(town.State.NodeOf(Town.Node)));
    }

    [Fact]
    public void A_gateway_that_is_away_when_its_receipt_is_audited_loses_the_audit()
    {
        var town = new Town();
        Receipt[] receipts = [town.Receipt(), town.Receipt()];
        var key = town.Check(receipts, Town.Honest);
        town.Deliver(new Fact.AuditOpened(Town.Gateway, key.Period, receipts[1].StructHash(), Town.Client, new TokenAmount(20_000)));
        town.Present(key, receipts);
        town.Play(static (_, _) => Finding.Unreachable);
        Assert.Equal(AuditVerdict.Failed, Assert.Single(town.State.Audits.Values).Verdict);
        Assert.Equal(PenalizedRole.Gateway, Assert.Single(town.State.Penalties.Values).Role);
        Assert.Empty(town.All<VerificationOutput.DutyMissed>());
    }

    private static int Receipts(Town town) => town.All<VerificationOutput.CaseDecided>().Count(static decided => decided.Case.Kind == CaseKind.Receipt);

    private static bool IsFirstHalf(Address validator) => validator == Town.Key(0) || validator == Town.Key(1);

    private static (ulong Checked, ulong Failed, StandingStatus? Sentence) Of(WorkRecord record) => (record.Checked, record.Failed, record.Sentence);

    // In two commitments, so that every member is drawn for something.
    private static Town Judged(Func<Address, Case, Finding?> judge)
    {
        var town = new Town();
        for (var list = 0; list < 2; list++)
        {
            town.Check([.. Enumerable.Range(0, 3).Select(_ => town.Receipt())], judge);
        }

        return town;
    }
}
