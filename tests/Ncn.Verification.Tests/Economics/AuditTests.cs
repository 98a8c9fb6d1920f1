using Ncn.Protocol;
using Ncn.Verification.Tests.Fold;

namespace Ncn.Verification.Tests.Economics;

/// <summary>Each way an audit can end, with its exact amounts: a bond of 20,000 and a price of 1,000.</summary>
public sealed class AuditTests
{
    private static readonly TokenAmount Bond = new(20_000);

    [Fact]
    public void The_client_loses_and_the_validators_get_the_bond()
    {
        var town = Audited(Town.Honest, funds: 25_000, out var audit);

        Assert.Equal(AuditVerdict.Passed, audit.Verdict);
        Assert.Equal(Bond, town.State.DutyPot);
        Assert.Equal(new TokenAmount(5_000), town.State.Credits[Town.Gateway].Amount);
        Assert.Empty(town.State.Penalties);
        town.CheckMoney();
    }

    [Fact]
    public void A_gateway_that_paid_nothing_in_answers_with_its_fees_and_then_with_its_stake()
    {
        var town = new Town();
        town.Deliver(new Fact.FundsReceived(FundKind.Fee, Town.WordOf(Town.Gateway), new TokenAmount(150_000)));
        var audit = Audit(town, Town.Honest);

        Assert.Equal(AuditVerdict.Passed, audit.Verdict);
        Assert.Equal(default, town.State.Pots[Town.Gateway].ForGateways);
        var penalty = Assert.Single(town.State.Penalties.Values);
        Assert.Equal((PenalizedRole.Gateway, new TokenAmount(5_000), TokenAmount.Zero), (penalty.Role, penalty.Amount, penalty.Owed));
        Assert.Equal(new TokenAmount(30_000 + 15_000), town.State.DutyPot);
        town.CheckMoney();
    }

    [Fact]
    public void The_node_loses_bond_and_price_and_the_client_gets_the_price()
    {
        var town = Audited(Town.Cheat, funds: 25_000, out var audit);

        Assert.Equal(AuditVerdict.Failed, audit.Verdict);
        Assert.Equal(new TokenAmount(25_000), town.State.Credits[Town.Gateway].Amount);
        var penalty = Assert.Single(town.State.Penalties.Values);
        Assert.Equal((PenalizedRole.Node, Town.Node, new TokenAmount(21_000), Town.Client, new TokenAmount(1_000)), (penalty.Role, penalty.Operator, penalty.Amount, penalty.OwedTo, penalty.Owed));
        Assert.Equal(1u, town.State.NodeOf(Town.Node).Failed);
        Assert.Contains(town.Outputs, static output => output is VerificationOutput.StatementMade);

        town.Deliver(new Fact.FundsReceived(FundKind.Penalty, penalty.Id, new TokenAmount(600)));
        Assert.Equal(new TokenAmount(600), town.State.Accounts[Town.Client]);
        town.Deliver(new Fact.FundsReceived(FundKind.Penalty, penalty.Id, new TokenAmount(20_400)));
        Assert.Equal(new TokenAmount(1_000), town.State.Accounts[Town.Client]);
        Assert.Equal(new TokenAmount(20_000), town.State.DutyPot);
        town.CheckMoney();
    }

    [Theory]
    [InlineData(Finding.Withheld, false)]
    [InlineData(Finding.Lost, true)]
    public void Who_does_not_show_the_evidence_loses(Finding finding, bool isNodeToo)
    {
        var town = Audited((_, item) => item.Kind == CaseKind.Audit ? finding : Finding.Passed, funds: 20_000, out var audit);

        Assert.Equal(AuditVerdict.Failed, audit.Verdict);
        var gateway = Assert.Single(town.State.Penalties.Values, static penalty => penalty.Role == PenalizedRole.Gateway);
        Assert.Equal((new TokenAmount(21_000), new TokenAmount(isNodeToo ? 0u : 1_000u)), (gateway.Amount, gateway.Owed));
        Assert.Equal(isNodeToo ? 2 : 1, town.State.Penalties.Count);
        Assert.Equal(isNodeToo ? 1u : 0u, town.State.NodeOf(Town.Node).Failed);
        town.CheckMoney();
    }

    [Fact]
    public void Without_two_thirds_nobody_pays()
    {
        var town = Audited((validator, item) => item.Kind == CaseKind.Audit && validator.CompareTo(Town.Key(2)) < 0 ? Finding.Failed : Finding.Passed, funds: 20_000, out var audit);

        Assert.Equal(AuditVerdict.Undecided, audit.Verdict);
        Assert.Equal(Bond, town.State.Credits[Town.Gateway].Amount);
        Assert.Empty(town.State.Penalties);
        town.CheckMoney();
    }

    [Fact]
    public void A_receipt_that_is_in_no_list_costs_the_gateway()
    {
        var town = AuditedUnshown(Finding.Withheld);

        Assert.Equal(AuditVerdict.Failed, Assert.Single(town.State.Audits.Values).Verdict);
        Assert.Equal((PenalizedRole.Gateway, Bond), Assert.Single(town.State.Penalties.Values) is var penalty ? (penalty.Role, penalty.Amount) : default);
    }

    // The gateway and the node that cheated would have waited until nobody could present it, and taken the client's bond.
    [Theory]
    [InlineData(Finding.Failed, AuditVerdict.Failed)]
    [InlineData(Finding.Passed, AuditVerdict.Passed)]
    [InlineData(Finding.Unchecked, AuditVerdict.Undecided)]
    public void A_receipt_that_is_shown_too_late_costs_the_client_only_when_it_is_right(Finding finding, AuditVerdict verdict)
    {
        var town = AuditedUnshown(finding);

        Assert.Equal(verdict, Assert.Single(town.State.Audits.Values).Verdict);
        Assert.Equal(verdict == AuditVerdict.Passed ? [PenalizedRole.Gateway] : [], town.State.Penalties.Values.Select(static penalty => penalty.Role)); // it has the client's bond
        town.CheckMoney();
    }

    [Fact]
    public void An_audit_needs_a_bond_and_is_opened_once()
    {
        var town = new Town();
        var opened = new Fact.AuditOpened(Town.Gateway, 5, Town.Word(5), Town.Client, Bond);
        town.Deliver(opened with { Bond = new TokenAmount(9_999) }, opened with { Client = default }, opened with { Receipt = default });
        Assert.Empty(town.State.Audits);
        town.Deliver(opened, opened with { Bond = new TokenAmount(50_000) });
        Assert.Equal(Bond, Assert.Single(town.State.Audits.Values).Bond);

        // Without anything paid in, a gateway has at most 16 open at a time.
        town.Deliver([.. Enumerable.Range(10, 20).Select(i => opened with { Receipt = Town.Word((ulong)i) })]);
        Assert.Equal(16, town.State.Audits.Count);
    }

    [Fact]
    public void An_audit_that_finds_a_failed_receipt_right_lifts_what_stood_on_it()
    {
        var town = new Town();
        Receipt[] receipts = [town.Receipt(), town.Receipt()];
        var key = town.Check(receipts, Town.Cheat);
        town.EndEpoch();
        Assert.Equal(StandingStatus.Slashed, town.State.NodeOf(Town.Node).Sentence);
        var penalty = Assert.Single(town.State.Penalties.Values);

        town.Deliver(new Fact.FundsReceived(FundKind.Bond, Town.WordOf(Town.Gateway), Bond));
        Open(town, receipts, key, Town.Honest);

        Assert.Contains(penalty.Id, town.State.Pardons);
        Assert.Null(town.State.NodeOf(Town.Node).Sentence);
        var made = town.All<VerificationOutput.StatementMade>().Last().Stated;
        Assert.NotEmpty(RewardTree.Of(made).ProofOfPardon(penalty.Id));
        town.CheckMoney();
    }

    private static Town Audited(Func<Address, Case, Finding?> judge, ulong funds, out Audit audit)
    {
        var town = new Town();
        town.Deliver(new Fact.FundsReceived(FundKind.Bond, Town.WordOf(Town.Gateway), new TokenAmount(funds)));
        audit = Audit(town, judge);
        return town;
    }

    // The list is passed before, so that the audit alone decides.
    private static Audit Audit(Town town, Func<Address, Case, Finding?> judge)
    {
        Receipt[] receipts = [town.Receipt(), town.Receipt()];
        var key = town.Check(receipts, Town.Honest);
        return Open(town, receipts, key, judge);
    }

    private static Audit Open(Town town, Receipt[] receipts, CommitmentKey key, Func<Address, Case, Finding?> judge)
    {
        town.Deliver(new Fact.AuditOpened(Town.Gateway, key.Period, receipts[1].StructHash(), Town.Client, Bond));
        Assert.Contains(Duties.Of(town.State, town.Members[0].Key), duty => duty is Duty.Present present && present.Commitment == key);
        town.Present(key, receipts);
        town.Play(judge);
        return town.State.Audits[new AuditKey(Town.Gateway, receipts[1].StructHash())];
    }

    private static Town AuditedUnshown(Finding finding)
    {
        var town = new Town();
        town.Deliver(new Fact.AuditOpened(Town.Gateway, town.State.Period, Town.Word(5), Town.Client, Bond));
        for (var i = 0; i < 20 && town.State.Cases.IsEmpty; i++)
        {
            town.Pass();
        }

        town.Play((_, _) => finding);
        return town;
    }
}
