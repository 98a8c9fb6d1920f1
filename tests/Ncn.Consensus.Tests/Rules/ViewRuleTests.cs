using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Rules;

/// <summary>V1 to V10: one validator of four, one rule after the other.</summary>
public sealed class ViewRuleTests
{
    private const VoteKind N = VoteKind.Notarize;
    private const VoteKind U = VoteKind.Nullify;
    private const VoteKind X = VoteKind.Finalize;

    [Fact]
    public void V1_patience_grows_with_views_without_finality_and_an_idle_network_has_more()
    {
        var single = new OneValidator();
        var idle = single.Give(new ConsensusInput.WorkAvailable(true));
        Assert.Equal([100UL, 150UL], Timers(idle));
        single.GoTo(3);
        Assert.Equal([230UL, 345UL], Timers(single.Hear(single.Certificate(U, 3))).Take(2)); // twice half as long again, rounded up
        var view = single.State.View;
        single.Hear(single.Certificate(X, view, single.Block(view).Hash));
        Assert.Equal(50UL, Consensus.Rules.Timers.Unit(single.State));
    }

    [Fact]
    public void V2_a_leader_builds_on_the_highest_certified_view_and_sends_its_block_with_the_vote()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: true);
        single.Give(new ConsensusInput.WorkAvailable(true));
        single.GoTo(view - 1);
        var last = single.Hear(single.Certificate(U, view - 1));
        var build = Assert.Single((view == 1 ? [.. single.Give(new ConsensusInput.WorkAvailable(true))] : last).OfType<ConsensusOutput.Build>());
        Assert.Equal(single.Epoch.Anchor, build.Parent);

        var made = single.Block(view);
        var outputs = single.Give(new ConsensusInput.Built(view, new BlockContent([], made.Header.Roots, made.Header.Context)));
        Assert.Contains(new ConsensusOutput.Sign(new Vote(N, 1, view, made.Hash)), outputs);
        single.Confirm();
        var sent = Assert.Single(single.Sign(N, view, made.Hash).OfType<ConsensusOutput.Send>());
        var proposal = Assert.IsType<ConsensusMessage.Proposed>(sent.Message).Proposal;
        Assert.Equal(made.Hash, proposal.Block.Hash);
        Assert.Equal(view - 1, (ulong)proposal.Justification.Length);
        Assert.Empty(single.Give(new ConsensusInput.Built(view, new BlockContent([], made.Header.Roots, made.Header.Context))).OfType<ConsensusOutput.Sign>());
    }

    [Fact]
    public void V3_the_first_good_proposal_of_the_leader_is_notarized_and_no_other()
    {
        var (single, view, block) = Follower();
        Assert.Contains(new ConsensusOutput.Sign(new Vote(N, 1, view, block.Hash)), single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block))));

        var second = single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(single.Block(view, time: 2))));
        Assert.Empty(second.OfType<ConsensusOutput.Sign>());
        Assert.Equal(block.Header.Proposer, Assert.Single(second.OfType<ConsensusOutput.Accuse>()).Evidence.Signer); // E1
    }

    [Fact]
    public void V3_a_proposal_of_somebody_else_is_nothing()
    {
        var (single, view, block) = Follower();
        var other = (block.Header.Proposer + 1) % 4;
        var stolen = Block.Of(block.Header with { Proposer = other == single.Own ? (other + 1) % 4 : other }, [])!;

        Assert.Empty(single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(stolen))).OfType<ConsensusOutput.Sign>());
        Assert.Equal(view, single.State.View);
    }

    [Fact]
    public void V3_a_block_that_does_not_execute_gives_the_view_up()
    {
        var (single, view, block) = Follower();
        var wrong = Block.Of(block.Header with { Roots = block.Header.Roots with { State = Sample.Word(1) } }, [])!;

        Assert.Contains(new ConsensusOutput.Sign(new Vote(U, 1, view, default)), single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(wrong))));
    }

    [Fact]
    public void V3_a_block_over_a_view_that_was_not_nullified_waits()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false, from: 3);
        single.GoTo(view - 1);
        single.Hear(single.Certificate(N, view - 1, Sample.Word(9))); // a certified block lies between
        var stale = single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(single.Block(view))));

        Assert.Empty(stale.OfType<ConsensusOutput.Sign>());
        Assert.Contains(single.Hear(single.Certificate(U, view - 1)), output => output is ConsensusOutput.Sign { Vote.Kind: N });
    }

    [Fact]
    public void V4_a_justification_brings_a_late_node_into_the_view()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false, from: 4);
        var justification = Enumerable.Range(1, (int)view - 1).Select(skipped => single.Certificate(U, (ulong)skipped));
        var outputs = single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(single.Block(view), [.. justification])));

        Assert.Equal(view, single.State.View);
        Assert.Contains(outputs, output => output is ConsensusOutput.Sign { Vote.Kind: N });
    }

    [Fact]
    public void V5_a_quorum_of_votes_notarizes_enters_the_next_view_and_finalizes_even_late()
    {
        var (single, view, block) = Follower();
        single.GoTo(view + 1); // it left by a Nullification that others made
        single.Hear(Sample.Vote(1, N, view, block.Hash));
        single.Hear(Sample.Vote(2, N, view, block.Hash));
        var outputs = single.Hear(Sample.Vote(3, N, view, block.Hash));

        Assert.Contains(new ConsensusOutput.Sign(new Vote(X, 1, view, block.Hash)), outputs);
        Assert.Contains(outputs, output => output is ConsensusOutput.Persist { Rows: var rows } && rows.Any(row => row is DurableRow.OfCertificate { Certificate.Kind: N }));
        Assert.Equal(view + 1, single.State.View);
    }

    [Fact]
    public void V5_who_nullified_the_view_does_not_finalize_it()
    {
        var (single, view, block) = Follower();
        single.Fire(TimerKind.View);
        var outputs = single.Hear(single.Certificate(N, view, block.Hash));

        Assert.Empty(outputs.OfType<ConsensusOutput.Sign>());
        Assert.Equal(view + 1, single.State.View); // and leaves it all the same
    }

    [Fact]
    public void V6_both_certificates_of_a_view_are_kept()
    {
        var (single, view, block) = Follower();
        single.Hear(single.Certificate(N, view, block.Hash));
        single.Hear(single.Certificate(U, view));

        Assert.Null(single.State.HaltReason);
        Assert.Equal(2, single.State.CertificatesOf(view).All.Count());
    }

    [Fact]
    public void V7_a_finalization_delivers_the_block_and_its_ancestors_in_order()
    {
        var (single, view, block) = Follower();
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        single.Hear(single.Certificate(N, view, block.Hash));
        var child = single.Child(block, view + 1);
        single.Hear(single.Certificate(N, view + 1, child.Hash));
        single.Give(new ConsensusInput.BlockReceived(child));
        single.Confirm();
        single.Hear(single.Certificate(X, view + 1, child.Hash));
        var delivered = single.Confirm().OfType<ConsensusOutput.Deliver>().Select(static output => output.Block.Hash);

        Assert.Equal([block.Hash, child.Hash], delivered);
        Assert.Equal((view + 1, view + 1, child.Hash), (single.State.FinalView, single.State.Guard.Floor, single.State.Delivered.Hash));
    }

    [Fact]
    public void V7_who_waits_is_told_at_once_and_the_ledger_moves_when_the_rows_are_durable()
    {
        var (single, view, block) = Follower();
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        single.Hear(single.Certificate(N, view, block.Hash));
        single.Confirm();
        var outputs = single.Hear(single.Certificate(X, view, block.Hash));

        Assert.Equal(block.Hash, Assert.Single(outputs.OfType<ConsensusOutput.Decided>()).Block.Hash);
        Assert.True(Assert.Single(outputs.OfType<ConsensusOutput.Persist>()).CanWait);
        Assert.DoesNotContain(outputs, static output => output is ConsensusOutput.Deliver);
        Assert.Equal(block.Hash, Assert.Single(single.Confirm().OfType<ConsensusOutput.Deliver>()).Block.Hash);
    }

    [Fact]
    public void C2_rows_that_a_vote_stands_on_cannot_wait()
    {
        var (single, view, block) = Follower();
        var notarize = single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        var finalize = single.Hear(single.Certificate(N, view, block.Hash));

        Assert.False(Assert.Single(notarize.OfType<ConsensusOutput.Persist>()).CanWait);
        Assert.False(Assert.Single(finalize.OfType<ConsensusOutput.Persist>()).CanWait);
    }

    [Fact]
    public void V8_the_leaders_own_nullify_and_more_than_a_third_end_the_patience()
    {
        var (single, view, block) = Follower();
        Assert.Contains(single.Hear(Sample.Vote(block.Header.Proposer, U, view)), static output => output is ConsensusOutput.Sign { Vote.Kind: U });

        (single, view, block) = Follower();
        var others = Enumerable.Range(0, 4).Where(member => member != single.Own && member != block.Header.Proposer).ToArray();
        Assert.Empty(single.Hear(Sample.Vote(others[0], U, view)).OfType<ConsensusOutput.Sign>());
        Assert.Contains(single.Hear(Sample.Vote(others[1], U, view)), static output => output is ConsensusOutput.Sign { Vote.Kind: U });
    }

    [Fact]
    public void V8_a_leaders_time_is_over_only_for_who_has_not_notarized()
    {
        var (single, view, block) = Follower();
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        Assert.Empty(single.Fire(TimerKind.Leader).OfType<ConsensusOutput.Sign>());
        Assert.Contains(new ConsensusOutput.Sign(new Vote(U, 1, view, default)), single.Fire(TimerKind.View));
    }

    [Fact]
    public void V9_after_the_last_block_of_an_epoch_come_tails_until_it_is_final()
    {
        var single = new OneValidator(endHeight: 1);
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        var end = single.Block(view);
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(end)));
        single.Hear(single.Certificate(N, view, end.Hash));
        var tail = single.Child(end, view + 1);
        single.Hear(single.Certificate(N, view + 1, tail.Hash));
        single.Give(new ConsensusInput.BlockReceived(tail));
        single.Confirm();
        single.Hear(single.Certificate(X, view + 1, tail.Hash));
        var outputs = single.Confirm();

        Assert.Equal((BlockKind.EpochEnd, BlockKind.Tail, 1UL), (end.Header.Kind, tail.Header.Kind, tail.Height));
        Assert.Equal([end.Hash], outputs.OfType<ConsensusOutput.Deliver>().Select(static output => output.Block.Hash));
        var closed = Assert.Single(outputs.OfType<ConsensusOutput.EpochClosed>());
        Assert.Equal((single.Set.Hash, end.Hash), (closed.NextSet, closed.Proof.End.Hash));
        Assert.Empty(single.Fire(TimerKind.View).OfType<ConsensusOutput.Sign>());
        Assert.Throws<ArgumentException>(() => single.Give(new ConsensusInput.EpochOpened(single.Epoch)));
        single.Give(new ConsensusInput.EpochOpened(single.Epoch with { Number = 2, Anchor = EpochSettings.After(end), EndHeight = 2 }));
        Assert.Equal((1UL, 0UL, 2UL), (single.State.View, single.State.Guard.Floor, single.State.Guard.Epoch));
    }

    [Fact]
    public void V10_a_late_proposal_is_kept_when_its_block_is_certified()
    {
        var (single, view, block) = Follower();
        single.GoTo(view + 1);
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        Assert.False(single.State.Tree.Has(block.Hash));

        single.Hear(single.Certificate(N, view, block.Hash));
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        Assert.True(single.State.Tree.Has(block.Hash));
    }

    private static (OneValidator Single, ulong View, Block Block) Follower()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        return (single, view, single.Block(view));
    }

    private static IEnumerable<ulong> Timers(IEnumerable<ConsensusOutput> outputs) => outputs.OfType<ConsensusOutput.SetTimer>().Select(static output => output.Milliseconds);
}
