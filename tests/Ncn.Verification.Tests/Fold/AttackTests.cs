using Ncn.Protocol;

namespace Ncn.Verification.Tests.Fold;

/// <summary>Attacks on the fold, each by somebody who does it.</summary>
public sealed class AttackTests
{
    [Fact]
    public void A_cheating_node_is_suspended_at_once_and_slashed_when_the_epoch_ends()
    {
        var town = new Town();
        town.Check([town.Receipt(price: 400), town.Receipt(price: 400)], Town.Cheat);
        Assert.Equal(StandingStatus.Suspended, Assert.Single(Standings.OfNodes(town.State)).Status);
        Assert.Empty(town.State.Penalties);
        town.EndEpoch();

        var penalty = Assert.Single(town.State.Penalties.Values);
        Assert.Equal((PenalizedRole.Node, Town.Node, town.State.Rules.LeastSlash), (penalty.Role, penalty.Operator, penalty.Amount));
        Assert.Equal(StandingStatus.Slashed, Assert.Single(Standings.OfNodes(town.State)).Status);
        Assert.Equal(VerificationRules.One, town.State.RateOf(Town.Node));
    }

    [Fact]
    public void A_slash_takes_more_than_was_taken_by_what_was_not_checked()
    {
        var rules = new VerificationRules { PassesPerHalving = 4, LeastSlash = default };
        var town = new Town(rules);
        town.Check([.. Enumerable.Range(0, 8).Select(_ => town.Receipt())], Town.Honest);
        Assert.Equal(250_000u, town.State.RateOf(Town.Node));
        var checkedBefore = town.State.NodeOf(Town.Node).Checked;
        while (town.State.NodeOf(Town.Node).Sentence is null)
        {
            town.Check([.. Enumerable.Range(0, 8).Select(_ => town.Receipt(price: 600))], Town.Cheat);
        }

        var rates = town.All<VerificationOutput.CaseDecided>().Where(static decided => decided.Decision.Node == Judgement.Failed).Select(static decided => decided.Case.RatePpm).ToArray();
        Assert.Contains(250_000u, rates);
        town.EndEpoch();
        var taken = rates.Aggregate(0UL, static (sum, rate) => sum + (600UL * 1_000_000 / rate));
        Assert.Equal(new TokenAmount(3 * taken), Assert.Single(town.State.Penalties.Values).Amount);
        Assert.True(checkedBefore >= 8);
    }

    [Fact]
    public void A_lazy_validator_that_passes_everything_has_its_word_against_it()
    {
        var town = new Town(null, 10, 10, 10, 10, 10, 10, 10);
        var lazy = town.Members[0].Key;
        town.Check([.. Enumerable.Range(0, 10).Select(_ => town.Receipt())], (validator, item) => validator == lazy ? Finding.Passed : Town.Cheat(validator, item));

        Assert.Equal(10u, town.State.NodeOf(Town.Node).Failed);
        Assert.Equal(10u, town.State.Duty[lazy].Contradicted);
        Assert.Equal(0u, town.State.Duty[lazy].Points(town.State.Rules));
    }

    [Fact]
    public void A_verdict_that_is_copied_cannot_be_revealed_and_is_missed()
    {
        var town = new Town();
        var copier = town.Members[2].Key;
        town.Check([.. Enumerable.Range(0, 8).Select(_ => town.Receipt())], (validator, _) => validator == copier ? null : Finding.Passed);

        Assert.True(town.State.Duty[copier].Missed > 0);
        Assert.Equal(0u, town.State.Duty[copier].Points(town.State.Rules));
        Assert.All(town.Members.Where(member => member.Key != copier), member => Assert.Equal(0u, town.State.Duty[member.Key].Missed));
        Assert.Equal(8u, town.State.NodeOf(Town.Node).Passes);
    }

    [Fact]
    public void A_reveal_that_is_withheld_is_missed_and_calls_everybody_when_nobody_else_passed_it()
    {
        var town = new Town();
        var key = town.Commit([town.Receipt()]);
        town.Draw(key);
        town.Present(key, [town.Receipt()]);
        var (subject, item) = town.State.Cases.First();
        town.Deliver([.. item.Checkers.Select(checker => new Fact.VerdictCommitted(checker, subject))]);
        town.Pass();
        town.Pass();

        Assert.True(town.State.Cases[subject].IsEscalated);
        town.Play(Town.Honest);
        Assert.All(item.Checkers, checker => Assert.Contains(town.All<VerificationOutput.DutyMissed>(), missed => missed.Validator == checker && missed.Subject == subject));
    }

    [Fact]
    public void A_sample_is_presented_by_its_lists_checkers_and_by_everybody_when_they_do_not()
    {
        var town = new Town();
        var key = town.Commit([town.Receipt()]);
        town.Draw(key);
        var checkers = town.State.Cases.Values.Single().Checkers;
        Assert.Equal(checkers.Order(), Presenters());
        town.Pass();
        Assert.Equal(4, Presenters().Count());
        town.Pass();
        Assert.Empty(Presenters());

        IEnumerable<Address> Presenters() => town.Members.Select(static member => member.Key).Where(member => Duties.Of(town.State, member).OfType<Duty.Present>().Any());
    }

    [Fact]
    public void Nobody_reveals_while_others_still_commit()
    {
        var town = new Town();
        var key = town.Commit([town.Receipt()]);
        town.Draw(key);
        var (subject, item) = town.State.Cases.Single();
        town.Deliver(new Fact.VerdictCommitted(item.Checkers[0], subject), new Fact.VerdictRevealed(item.Checkers[0], subject, (byte)Finding.Passed));
        Assert.Null(town.State.Cases[subject].FindingOf(item.Checkers[0]));
        town.Deliver(new Fact.VerdictCommitted(item.Checkers[1], subject));
        town.Deliver([.. item.Checkers.Select(checker => new Fact.VerdictRevealed(checker, subject, (byte)Finding.Withheld))]);

        var late = town.Members.First(member => !item.Checkers.Contains(member.Key)).Key;
        Assert.Equal(CaseStage.Opening, town.State.Cases[subject].Stage);
        town.Deliver(new Fact.VerdictCommitted(late, subject), new Fact.VerdictRevealed(late, subject, (byte)Finding.Withheld));
        Assert.Null(town.State.Cases[subject].FindingOf(late));
    }

    [Fact]
    public void A_node_and_a_checker_that_collude_lose_against_the_other_checker()
    {
        for (var round = 0; round < 20; round++)
        {
            var town = new Town();
            var friend = town.Members[round % 4].Key;
            town.Check([town.Receipt(), town.Receipt()], (validator, item) => validator == friend ? Finding.Passed : Town.Cheat(validator, item));

            Assert.Equal(2u, town.State.NodeOf(Town.Node).Failed);
            Assert.Equal(StandingStatus.Suspended, town.State.NodeOf(Town.Node).Sentence);
            Assert.Equal(2u, town.State.Duty[friend].Contradicted);
        }
    }

    [Theory]
    [InlineData(new ulong[] { 10, 10, 10, 15 }, false)]
    [InlineData(new ulong[] { 10, 10, 10, 14 }, true)]
    public void Exactly_two_thirds_take_nothing(ulong[] weights, bool isFailed)
    {
        // 30 of 45 are two thirds; 30 of 44 are more.
        var town = new Town(null, weights);
        town.Check([town.Receipt()], (validator, item) => item.Kind != CaseKind.List && validator != town.Members[3].Key ? Finding.Failed : Finding.Passed);

        Assert.Equal(isFailed ? 1u : 0u, town.State.NodeOf(Town.Node).Failed);
    }

    [Fact]
    public void A_checker_that_accuses_an_honest_node_has_its_word_against_it()
    {
        var town = new Town();
        var liar = town.Members[1].Key;
        town.Check([.. Enumerable.Range(0, 8).Select(_ => town.Receipt())], (validator, _) => validator == liar ? Finding.Failed : Finding.Passed);

        Assert.Equal((8u, 0u), (town.State.NodeOf(Town.Node).Passes, town.State.NodeOf(Town.Node).Failed));
        Assert.True(town.State.Duty[liar].Contradicted > 0);
        Assert.Equal(0u, town.State.Duty[liar].Points(town.State.Rules));
    }

    [Fact]
    public void A_verdict_of_another_case_epoch_or_time_is_not_taken()
    {
        var town = new Town();
        var receipt = town.Receipt();
        town.Check([receipt], Town.Honest);
        var old = town.All<VerificationOutput.CaseDecided>().First(static decided => decided.Case.Kind == CaseKind.Receipt);
        var before = town.State.Digest;
        var replayed = VerificationState.Apply(town.State, new DeliveredBlock(town.State.Height, town.Epoch, false, 0, default, default, [new Fact.SetStarted([])]));
        Assert.Equal(before, replayed.State.Digest);

        foreach (var validator in old.Case.Checkers)
        {
            town.Deliver(new Fact.VerdictCommitted(validator, old.Subject), new Fact.VerdictRevealed(validator, old.Subject, (byte)Finding.Failed));
        }

        Assert.Equal((1u, 0u), (town.State.NodeOf(Town.Node).Passes, town.State.NodeOf(Town.Node).Failed));
        town.EndEpoch();
        var key = town.Commit([receipt]);
        town.Draw(key);
        town.Present(key, [receipt]);
        Assert.DoesNotContain(old.Subject, town.State.Cases.Keys);
    }

    [Fact]
    public void A_stranger_judges_presents_and_probes_nothing()
    {
        var town = new Town();
        Receipt[] receipts = [town.Receipt()];
        var key = town.Commit(receipts);
        town.Draw(key);
        var stranger = Town.Key(77);
        town.Testify(stranger, new Testimony.ReceiptPresented(ReceiptProof.Of(key.Gateway, key.Period, Town.Leaves(receipts), 0), receipts[0]));
        town.Testify(stranger, new Testimony.ProbeCommitted(Town.Word(1)));
        var (subject, list) = Assert.Single(town.State.Cases);
        town.Deliver(new Fact.VerdictCommitted(stranger, subject));

        Assert.Equal(CaseKind.List, list.Kind);
        Assert.Empty(town.State.Cases[subject].Marks);
        Assert.Empty(town.State.Probes);
    }

    [Fact]
    public void What_is_revealed_in_the_commitments_own_period_has_no_part_in_its_beacon()
    {
        var town = new Town();
        var key = town.Commit([town.Receipt()]);
        for (var i = 0; i < 8; i++)
        {
            town.Deliver();
        }

        Assert.False(town.State.Commitments[key].IsDrawn);
        Assert.Empty(town.State.Beacons.Values.Single().By);
        town.Pass();
        town.Deliver();
        Assert.True(town.State.Commitments[key].IsDrawn);
    }

    [Fact]
    public void A_gateway_commits_once_in_time_and_before_the_beacon()
    {
        var town = new Town();
        var key = town.Commit([town.Receipt()]);
        town.Deliver(new Fact.ReceiptsCommitted(key.Gateway, key.Period, Town.Word(8), 1, default));
        town.Deliver(new Fact.ReceiptsCommitted(key.Gateway, town.State.Period, Town.Word(8), 1, default));
        town.Deliver(new Fact.ReceiptsCommitted(Town.Key(101), town.State.Period - 65, Town.Word(8), 1, default));

        Assert.NotEqual(Town.Word(8), Assert.Single(town.State.Commitments).Value.Root);
    }

    [Fact]
    public void A_gateway_that_withholds_its_list_earns_nothing_and_is_suspended()
    {
        var town = new Town();
        town.Deliver(new Fact.FundsReceived(FundKind.Fee, Town.WordOf(Town.Gateway), new TokenAmount(1_000_000)));
        for (var i = 0; i < 2; i++)
        {
            var key = town.Commit([town.Receipt()]);
            town.Draw(key);
            town.Play(static (_, _) => Finding.Withheld);
        }

        town.EndEpoch();
        var standing = Assert.Single(Standings.OfGateways(town.State));
        Assert.Equal((StandingStatus.Suspended, 2u, 2u), (standing.Status, standing.Committed, standing.Missing));
        Assert.False(town.State.Accounts.ContainsKey(Town.Gateway));
        Assert.Empty(town.State.Penalties);
    }

    [Fact]
    public void Evidence_that_the_gateway_withholds_and_the_node_shows_costs_the_gateway_alone()
    {
        var town = new Town();
        town.Check([town.Receipt()], static (_, item) => item.Kind == CaseKind.List ? Finding.Passed : Finding.Withheld);
        town.Deliver(new Fact.FundsReceived(FundKind.Fee, Town.WordOf(Town.Gateway), new TokenAmount(1_000_000)));
        town.EndEpoch();

        Assert.Null(town.State.Gateways[Town.Gateway].Sentence);
        Assert.Equal((0u, 1u), (town.State.NodeOf(Town.Node).Failed, town.State.NodeOf(Town.Node).Passes));
        Assert.Equal(new TokenAmount(700_000), town.State.Accounts[Town.Node]);
        Assert.False(town.State.Accounts.ContainsKey(Town.Gateway));
    }

    [Fact]
    public void Evidence_that_both_withhold_is_a_failed_check_of_both()
    {
        var town = new Town();
        town.Check([town.Receipt()], static (_, item) => item.Kind == CaseKind.List ? Finding.Passed : Finding.Lost);

        Assert.Equal(1u, town.State.NodeOf(Town.Node).Failed);
        Assert.Equal(1u, Assert.Single(Standings.OfGateways(town.State)).Missing);
    }

    [Fact]
    public void What_nobody_can_check_is_no_pass_and_earns_nothing()
    {
        var town = new Town();
        town.Check([town.Receipt(), town.Receipt()], static (_, item) => item.Kind == CaseKind.List ? Finding.Passed : Finding.Unchecked);

        var record = town.State.NodeOf(Town.Node);
        Assert.Equal((0u, 0u, 0u), (record.Passes, record.Checked, record.Failed));
        Assert.Empty(town.State.Work);
        Assert.Empty(town.All<VerificationOutput.DutyMissed>());
        Assert.Empty(town.All<VerificationOutput.CaseEscalated>());
        Assert.Equal(2u, town.State.Duty.Values.Aggregate(0UL, static (sum, duty) => sum + duty.Done));
    }

    [Fact]
    public void A_receipt_that_is_shown_again_makes_a_list_wrong()
    {
        var town = new Town();
        var leaves = Town.Leaves([town.Receipt(), town.Receipt()]);
        var (root, total) = (ReceiptList.Root(leaves), ReceiptList.Total(leaves));

        Assert.Null(ReceiptProof.Problem(leaves, root, 2, total));
        Assert.Contains("earlier", ReceiptProof.Problem(leaves, root, 2, total, new HashSet<Hash32> { leaves[1].Digest }), StringComparison.Ordinal);
        Assert.Contains("twice", ReceiptProof.Problem([leaves[0], leaves[0]], root, 2, total), StringComparison.Ordinal);
        Assert.Contains("root", ReceiptProof.Problem([leaves[1], leaves[0]], root, 2, total), StringComparison.Ordinal);
        Assert.Contains("total", ReceiptProof.Problem(leaves, root, 2, default), StringComparison.Ordinal);
        var receipt = town.Receipt() with { FinishedAt = 100 * town.State.Rules.PeriodMs };
        Assert.All(new ulong[] { 98, 100, 102 }, period => Assert.True(ReceiptProof.IsTimely(receipt, period, town.State.Rules)));
        Assert.All(new ulong[] { 0, 97, 103, ulong.MaxValue }, period => Assert.False(ReceiptProof.IsTimely(receipt, period, town.State.Rules)));
        Assert.Contains("committed", ReceiptProof.Problem(leaves, root, 3, total), StringComparison.Ordinal);
    }
}
