using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Rules;

/// <summary>Rule E0 across the end of an epoch. The trace that it mends: of four, Q votes for one block to A and for another to B in the last view; A begins the next epoch and forgets its vote, B's word comes too late.</summary>
public sealed class OddVoteTests
{
    private const VoteKind N = VoteKind.Notarize;
    private const VoteKind U = VoteKind.Nullify;
    private const VoteKind X = VoteKind.Finalize;

    [Fact]
    public void E0_two_votes_of_an_epoch_that_is_over_are_evidence_with_the_key_of_its_set()
    {
        var (single, end, next) = AtItsEnd();
        single.Hear(Sample.Vote(2, N, 2, Sample.Word(8)));
        Assert.Contains(Open(single, next), output => output is ConsensusOutput.Send { To: null, Message: ConsensusMessage.Relayed { Votes: var votes } } && votes.Contains(Sample.Vote(2, N, 2, Sample.Word(8))));

        var late = Sample.Vote(2, N, 2, Sample.Word(9));
        var outputs = single.Hear(new ConsensusMessage.Relayed([late]));
        var accuse = Assert.Single(outputs.OfType<ConsensusOutput.Accuse>());
        Assert.Equal((2, 1UL, single.Set.Members[2].Key), (accuse.Evidence.Signer, accuse.Evidence.Epoch, accuse.Key));
        Assert.Empty(outputs.OfType<ConsensusOutput.Send>()); // once, and never onward
        Assert.Empty(single.Hear(Sample.Vote(2, X, 2, Sample.Word(7))).OfType<ConsensusOutput.Accuse>());

        Assert.Empty(single.Hear(Sample.Vote(3, X, end.View, end.Hash)));
        var odd = Sample.Vote(3, U, end.View);
        Assert.Equal(odd, Assert.Single(Assert.IsType<ConsensusMessage.Relayed>(Assert.Single(single.Hear(odd).OfType<ConsensusOutput.Send>()).Message).Votes));
        Assert.Equal(1, Assert.Single(single.Hear(Sample.Certificate(single.Set, X, end.View, Sample.Word(6), from: 1)).OfType<ConsensusOutput.Accuse>()).Evidence.Signer); // of 2 and 3 it was told
        Assert.True(single.State.HaltReason is null && single.State.View == 1, "it decides nothing any more");
    }

    [Fact]
    public void E0_what_was_passed_on_at_the_end_is_sent_again_and_forgotten_with_the_next_epoch_but_one()
    {
        var (single, _, next) = AtItsEnd();
        var odd = Sample.Vote(2, N, 2, Sample.Word(8));
        single.Hear(odd);
        Open(single, next);
        Assert.Contains(single.Fire(TimerKind.Resend), output => output is ConsensusOutput.Send { Message: ConsensusMessage.Relayed { Votes: var votes } } && votes.Contains(odd));

        var child = Sample.Block(next, 1, next.Anchor, LedgerExecution.Execute(LedgerState.Empty, single.Epoch, AtItsEnd().End)!);
        single.Hear(Sample.Certificate(single.Set, X, 1, child.Hash, from: 1, epoch: 2));
        single.Give(new ConsensusInput.BlockReceived(child));
        Open(single, next with { Number = 3, Anchor = EpochSettings.After(child), EndHeight = 100 });
        Assert.Empty(single.Hear(Sample.Vote(2, N, 2, Sample.Word(9))));
        Assert.Equal([2UL], single.State.Earlier.Keys);
    }

    [Fact]
    public void E0_floods_of_an_epoch_that_is_over_cost_nothing()
    {
        var (single, _, next) = AtItsEnd();
        Open(single, next);
        for (var i = 0UL; i < 2_000; i++)
        {
            single.Hear(Sample.Vote(2, N, 1 + i, Sample.Word(1)));
            single.Hear(Sample.Vote(2, N, 3, Sample.Word(1 + i)));
            single.Hear(Sample.Vote(200, N, 3, Sample.Word(1 + i)));
        }

        var kept = Assert.Single(single.State.Earlier.Values);
        Assert.True(kept.Votes.Count <= 12 && kept.Votes.Values.Sum(static votes => votes.Votes.Length) <= 20, $"{kept.Votes.Count} views");
        Assert.Empty(single.State.Votes);
    }

    [Fact]
    public void E0_a_vote_of_a_view_that_a_snapshot_skipped_is_passed_on()
    {
        var single = new OneValidator(limits: new ConsensusLimits { MaxCatchUp = 1 });
        var blocks = new List<Block> { single.Block(1) };
        while (blocks.Count < 4)
        {
            blocks.Add(single.Child(blocks[^1], (ulong)blocks.Count + 1));
        }

        var odd = Sample.Vote(2, N, 3, Sample.Word(9));
        single.Hear(odd);
        var final = single.Certificate(X, 4, blocks[3].Hash);
        single.Hear(final);
        var outputs = single.Give(new ConsensusInput.SnapshotReceived(VerifiedSnapshot.Of(final, blocks[3], LedgerExecution.Execute(LedgerState.Empty, single.Epoch, blocks[0])!)!));

        Assert.Contains(outputs, output => output is ConsensusOutput.Send { Message: ConsensusMessage.Relayed { Votes: var votes } } && votes.Contains(odd));
    }

    [Fact]
    public void E0_a_leaders_vote_counts_though_its_block_is_of_another_network()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        var block = single.Block(view);
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        var foreign = Block.Of(block.Header with { Network = Sample.Word(99) }, block.Operations)!;

        Assert.Single(single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(foreign))).OfType<ConsensusOutput.Accuse>());
        Assert.Equal(block.Hash, single.State.Proposal!.Block.Hash);
    }

    // The EpochEnd block of view 1 is final, and view 2 is open.
    private static (OneValidator Single, Block End, EpochSettings Next) AtItsEnd()
    {
        var single = new OneValidator(endHeight: 1);
        var end = single.Block(1);
        single.Hear(single.Certificate(X, 1, end.Hash));
        single.Give(new ConsensusInput.BlockReceived(end));
        single.Confirm();
        return (single, end, single.Epoch with { Number = 2, Anchor = EpochSettings.After(end), EndHeight = 2 });
    }

    private static IReadOnlyList<ConsensusOutput> Open(OneValidator single, EpochSettings epoch)
    {
        single.Confirm();
        return single.Give(new ConsensusInput.EpochOpened(epoch));
    }
}
