using Ncn.Protocol;

namespace Ncn.Verification.Tests.Fold;

/// <summary>Validators' own requests: plants, which tell who does not check, and canaries; and how they could be abused.</summary>
public sealed class ProbeTests
{
    [Fact]
    public void A_passed_plant_costs_the_duty_and_excuses_the_node()
    {
        var (town, _) = Planted(out var receipts, out _);
        var subject = Reveal(town, static (_, _) => Finding.Passed);
        town.Testify(town.Members[3].Key, new Testimony.PlantOpened(subject, Town.Word(99)));
        Assert.True(town.State.Cases[subject].IsEscalated);
        var checkers = town.State.Cases[subject].Checkers;
        town.Play(static (_, item) => item is { Kind: CaseKind.Receipt, Index: 0 } ? Finding.Failed : Finding.Passed);

        Assert.Equal(0u, town.State.NodeOf(Town.Node).Failed);
        Assert.Equal(receipts[0].StructHash(), town.All<VerificationOutput.CaseDecided>().Single(static decided => decided.Decision.IsPlant).Case.Leaf!.Digest);
        foreach (var checker in checkers.Where(checker => checker != town.Members[3].Key))
        {
            Assert.Equal(1u, town.State.Duty[checker].PlantsPassed);
            Assert.Equal(0u, town.State.Duty[checker].Points(town.State.Rules));
        }

        town.CheckMoney();
    }

    [Fact]
    public void Who_finds_a_plant_out_loses_nothing_and_the_opener_pays()
    {
        var (town, _) = Planted(out _, out _);
        var before = town.State.Credits[town.Members[3].Account].Amount;
        var subject = Reveal(town, static (_, item) => item is { Kind: CaseKind.Receipt, Index: 0 } ? Finding.Failed : Finding.Passed);
        town.Testify(town.Members[3].Key, new Testimony.PlantOpened(subject, Town.Word(99)));

        Assert.False(town.State.Cases.ContainsKey(subject));
        Assert.Equal(0u, town.State.NodeOf(Town.Node).Failed);
        Assert.DoesNotContain(town.All<VerificationOutput.DutyMissed>(), static missed => missed.Miss != DutyMiss.Silent);
        Assert.Equal(before - town.State.Rules.LeastBond, town.State.Credits[town.Members[3].Account].Amount);
        Assert.Equal(town.State.Rules.LeastBond, town.State.DutyPot);
        town.CheckMoney();
    }

    [Fact]
    public void A_right_answer_that_is_called_a_plant_costs_who_calls_it_so()
    {
        var (town, _) = Planted(out _, out _);
        var subject = Reveal(town, static (_, _) => Finding.Passed);
        town.Testify(town.Members[3].Key, new Testimony.PlantOpened(subject, Town.Word(99)));
        town.Play(Town.Honest);

        Assert.Equal(DutyMiss.FalsePlant, Assert.Single(town.All<VerificationOutput.DutyMissed>()).Miss);
        Assert.All(town.Members.Take(3), member => Assert.Equal(0u, town.State.Duty.GetValueOrDefault(member.Key, DutyRecord.None).PlantsPassed));
    }

    [Fact]
    public void Nobody_excuses_a_cheat_without_paying_its_slash_or_after_the_commitment()
    {
        var town = new Town();
        Receipt[] receipts = [town.Receipt(), town.Receipt()];
        town.Deliver(new Fact.FundsReceived(FundKind.Bond, Town.WordOf(town.Members[3].Account), new TokenAmount(1_000_000)));
        var key = town.Commit(receipts);
        town.Testify(town.Members[3].Key, new Testimony.ProbeCommitted(Probe.Commitment(town.Members[3].Key, receipts[0].StructHash(), Town.Word(99))));
        town.Draw(key);
        town.Present(key, receipts);
        var subject = Reveal(town, Town.Cheat);
        town.Testify(town.Members[3].Key, new Testimony.PlantOpened(subject, Town.Word(99)));
        Assert.True(town.State.Cases[subject].Planter.IsZero);

        (town, _) = Planted(out _, out _, paid: 9_999);
        subject = Reveal(town, Town.Cheat);
        town.Testify(town.Members[3].Key, new Testimony.PlantOpened(subject, Town.Word(99)));
        Assert.True(town.State.Cases[subject].Planter.IsZero);
    }

    [Fact]
    public void A_canary_is_checked_whatever_the_rate_is_and_whitewashes_nobody()
    {
        var town = new Town(new VerificationRules { PassesPerHalving = 1 });
        town.Check([.. Enumerable.Range(0, 8).Select(_ => town.Receipt())], Town.Honest);
        Assert.Equal(10_000u, town.State.RateOf(Town.Node));
        Receipt[] receipts = [.. Enumerable.Range(0, 8).Select(_ => town.Receipt())];
        var validator = town.Members[0].Key;
        town.Testify(validator, new Testimony.ProbeCommitted(Probe.Commitment(validator, receipts[5].StructHash(), Town.Word(1))));
        var key = town.Commit(receipts);
        town.Draw(key);
        var passes = town.State.NodeOf(Town.Node).Passes;
        town.Testify(validator, new Testimony.CanaryPresented(ReceiptProof.Of(key.Gateway, key.Period, Town.Leaves(receipts), 5), Town.Word(1)));
        Assert.Contains(town.State.Cases.Values, static item => item is { Kind: CaseKind.Canary, Index: 5 });
        town.Play(Town.Honest);

        Assert.Equal(passes, town.State.NodeOf(Town.Node).Passes);
        Assert.Empty(town.State.Probes);
    }

    // A commitment is seen by all before it is in a block: who says it first for itself must not take it from whose it is.
    [Fact]
    public void A_commitment_that_another_member_copies_is_still_whose_it_was()
    {
        var town = new Town(new VerificationRules { PassesPerHalving = 1 });
        town.Check([.. Enumerable.Range(0, 8).Select(_ => town.Receipt())], Town.Honest);
        Receipt[] receipts = [.. Enumerable.Range(0, 8).Select(_ => town.Receipt())];
        var validator = town.Members[0].Key;
        var testimony = new Testimony.ProbeCommitted(Probe.Commitment(validator, receipts[5].StructHash(), Town.Word(1)));
        town.Testify(town.Members[1].Key, testimony);
        town.Testify(validator, testimony);
        var key = town.Commit(receipts);
        town.Draw(key);
        town.Testify(validator, new Testimony.CanaryPresented(ReceiptProof.Of(key.Gateway, key.Period, Town.Leaves(receipts), 5), Town.Word(1)));
        Assert.Contains(town.State.Cases.Values, static item => item is { Kind: CaseKind.Canary, Index: 5 });
    }

    // Member 3 plants the first of two receipts, and has paid enough to open it; member 0 is the lazy one.
    private static (Town Town, Address Lazy) Planted(out Receipt[] receipts, out CommitmentKey key, ulong paid = 1_000_000)
    {
        var town = new Town(null, 10, 10, 10, 10, 10, 10, 10);
        var planter = town.Members[3];
        receipts = [town.Receipt(price: 10), town.Receipt()];
        town.Deliver(new Fact.FundsReceived(FundKind.Bond, Town.WordOf(planter.Account), new TokenAmount(paid)));
        town.Testify(planter.Key, new Testimony.ProbeCommitted(Probe.Commitment(planter.Key, receipts[0].StructHash(), Town.Word(99))));
        key = town.Commit(receipts);
        town.Draw(key);
        town.Present(key, receipts);
        return (town, town.Members[0].Key);
    }

    // The checkers of the first receipt judge and reveal; the case then waits for a plant to be opened.
    private static Hash32 Reveal(Town town, Func<Address, Case, Finding?> judge)
    {
        var (subject, item) = town.State.Cases.Single(static entry => entry.Value is { Kind: CaseKind.Receipt, Index: 0 });
        town.Deliver([.. item.Checkers.Select(checker => new Fact.VerdictCommitted(checker, subject))]);
        town.Deliver([.. item.Checkers.Select(checker => new Fact.VerdictRevealed(checker, subject, (byte)judge(checker, item)!.Value))]);
        Assert.Equal(CaseStage.Opening, town.State.Cases[subject].Stage);
        Assert.Contains(Duties.Openable(town.State), openable => openable.Subject == subject);
        return subject;
    }
}
