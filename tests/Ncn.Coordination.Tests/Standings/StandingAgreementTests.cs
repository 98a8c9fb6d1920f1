using System.Collections.Immutable;
using Ncn.Coordination.Standings;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Coordination.Tests.Standings;

/// <summary>Four validators with a stake of 100 each: three are more than two thirds, two are not.</summary>
public sealed class StandingAgreementTests
{
    private static readonly ImmutableSortedDictionary<Address, UInt128> Set = Enumerable.Range(1, 4).ToImmutableSortedDictionary(Validator, static _ => (UInt128)100);
    private static readonly Address Node = Address.Parse("0x00000000000000000000000000000000000000aa");
    private static readonly ModelDigest Build = new(Keccak256.Of([1]));
    private StandingState _state = StandingState.Empty;

    [Fact]
    public void Two_of_four_put_nobody_out_and_three_do()
    {
        Assert.Empty(Say(1, 1, StandingStatus.Good));
        Assert.Empty(Say(2, 1, StandingStatus.Good));
        Assert.Equal(StandingStatus.Good, Assert.Single(Changed(Say(3, 1, StandingStatus.Good))).Status);

        Assert.Empty(Say(1, 2, StandingStatus.Slashed));
        Assert.Empty(Say(2, 2, StandingStatus.Slashed));
        Assert.Equal(StandingStatus.Slashed, Assert.Single(Changed(Say(4, 2, StandingStatus.Slashed))).Status);
    }

    [Fact]
    public void Who_is_out_comes_back_only_by_the_word_of_as_many()
    {
        Array.ForEach([1, 2, 3, 4], validator => Say(validator, 1, StandingStatus.Suspended));

        Say(1, 2, StandingStatus.Good);
        Say(2, 2, StandingStatus.Good);
        Assert.Equal(StandingStatus.Suspended, _state.Believed.Nodes[Node].Status);
        Say(3, 2, StandingStatus.New);
        Assert.Equal(StandingStatus.New, _state.Believed.Nodes[Node].Status);
    }

    [Fact]
    public void A_word_that_is_old_a_strangers_or_of_a_former_member_is_not_heard()
    {
        Array.ForEach([1, 2, 3], validator => Say(validator, 5, StandingStatus.Good));

        Assert.Empty(Say(1, 5, StandingStatus.Slashed));
        Assert.Empty(Say(2, 4, StandingStatus.Slashed));
        Assert.Empty(Say(9, 6, StandingStatus.Slashed));
        var smaller = Set.RemoveRange([Validator(1), Validator(2)]);
        (_state, _) = StandingAgreement.Apply(_state, new StandingInput.SetChanged(smaller));
        Assert.Equal([Validator(3)], _state.Said.Keys);
        Assert.Equal(StandingStatus.Good, _state.Believed.Nodes[Node].Status);
    }

    [Fact]
    public void Numbers_are_those_that_more_than_two_thirds_come_up_to()
    {
        Say(1, 1, StandingStatus.Good, rate: 10_000, failed: 9);
        Say(2, 1, StandingStatus.Good, rate: 40_000, failed: 1);
        Say(3, 1, StandingStatus.Good, rate: 20_000, failed: 2);
        var believed = _state.Believed.Nodes[Node];
        Assert.Equal((40_000u, 1UL), (believed.RatePpm, believed.Failed));

        Say(4, 1, StandingStatus.Good, rate: 10_000, failed: 2);
        believed = _state.Believed.Nodes[Node];
        Assert.Equal((20_000u, 2UL), (believed.RatePpm, believed.Failed));
    }

    [Fact]
    public void A_build_is_verified_and_an_audit_decided_by_more_than_two_thirds()
    {
        var audit = new AuditStanding(Validator(7), Keccak256.Of([2]), AuditVerdict.Failed);
        Array.ForEach([1, 2, 3], validator => Say(validator, 1, StandingStatus.Good, verified: validator < 3 ? [Build] : [], audits: [audit with { Verdict = validator < 3 ? AuditVerdict.Failed : AuditVerdict.Open }]));
        Assert.Empty(_state.Believed.Nodes[Node].Verified);
        Assert.Empty(_state.Believed.Audits);

        var outputs = Say(4, 1, StandingStatus.Good, verified: [Build], audits: [audit]);
        Assert.Equal([Build], _state.Believed.Nodes[Node].Verified);
        Assert.Equal(new StandingOutput.AuditDecided(audit.Gateway, audit.Receipt, AuditVerdict.Failed), Assert.Single(outputs.OfType<StandingOutput.AuditDecided>()));
        Assert.Empty(Say(4, 2, StandingStatus.Good, verified: [Build], audits: [audit]).OfType<StandingOutput.AuditDecided>());
    }

    [Fact]
    public void A_standing_of_any_size_is_not_read()
    {
        var good = Standing(1, 1, StandingStatus.Good, 5, 0, [], []);
        Assert.True(StandingAgreement.IsWellFormed(good));
        Assert.False(StandingAgreement.IsWellFormed(good with { Nodes = [good.Nodes[0], good.Nodes[0]] }));
        Assert.False(StandingAgreement.IsWellFormed(good with { Nodes = [good.Nodes[0] with { RatePpm = 1_000_001 }] }));
        Assert.False(StandingAgreement.IsWellFormed(good with { Nodes = [null!] }));
        Assert.False(StandingAgreement.IsWellFormed(null));
    }

    private IReadOnlyList<StandingOutput> Say(
        int validator, ulong height, StandingStatus status, uint rate = 10_000, ulong failed = 0, ModelDigest[]? verified = null, AuditStanding[]? audits = null)
    {
        (_state, var outputs) = StandingAgreement.Apply(_state, new StandingInput.Heard(Standing(validator, height, status, rate, failed, verified ?? [], audits ?? []), Set));
        return outputs;
    }

    private static LedgerStanding Standing(int validator, ulong height, StandingStatus status, uint rate, ulong failed, ModelDigest[] verified, AuditStanding[] audits) =>
        new(1, height, default, [new NodeStanding(Node, rate, status, 100, failed, verified)], [], audits, Validator(validator));

    private static ImmutableArray<NodeStanding> Changed(IReadOnlyList<StandingOutput> outputs) => Assert.Single(outputs.OfType<StandingOutput.NodesChanged>()).Nodes;

    private static Address Validator(int number) => Address.Parse($"0x{number:x40}");
}
