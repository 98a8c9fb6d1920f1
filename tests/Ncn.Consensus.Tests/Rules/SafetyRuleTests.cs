using System.Collections.Immutable;
using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Rules;

/// <summary>The order law, bounds, evidence, and what happens when more than a third is faulty.</summary>
public sealed class SafetyRuleTests
{
    private const VoteKind N = VoteKind.Notarize;
    private const VoteKind U = VoteKind.Nullify;
    private const VoteKind X = VoteKind.Finalize;

    [Fact]
    public void C2_a_vote_leaves_when_it_is_signed_and_every_row_before_it_is_durable()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        var block = single.Block(view);
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));

        Assert.Contains(single.Rows, row => row is DurableRow.OfBlock of && of.Block.Hash == block.Hash);
        Assert.Empty(single.Sign(N, view, block.Hash).OfType<ConsensusOutput.Send>());
        var sent = Assert.Single(single.Confirm().OfType<ConsensusOutput.Send>());
        Assert.Equal(new Vote(N, 1, view, block.Hash), Assert.IsType<ConsensusMessage.Ballot>(sent.Message).Vote.Vote);
        Assert.Empty(single.Sign(N, view, block.Hash).OfType<ConsensusOutput.Send>()); // once
    }

    [Fact]
    public void C2_a_confirmation_of_rows_that_were_not_written_confirms_nothing()
    {
        var single = new OneValidator();
        single.Give(new ConsensusInput.Persisted(ulong.MaxValue));
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        var block = single.Block(view);
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));

        Assert.Empty(single.Sign(N, view, block.Hash).OfType<ConsensusOutput.Send>());
    }

    [Fact]
    public void C1_after_a_crash_what_was_signed_is_signed_again_and_nothing_else()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        var block = single.Block(view);
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        var rows = single.Rows;
        var certificates = rows.OfType<DurableRow.OfCertificate>().Select(static row => row.Certificate);
        var restored = ConsensusState.Restore(single.Epoch, single.State.Guard, certificates, rows.OfType<DurableRow.OfBlock>().Select(static row => row.Block), null, ConsensusLimits.Default);
        var (state, outputs) = ConsensusCore.Apply(restored, ConsensusInput.Started.Instance);

        Assert.Equal(view, state.View);
        Assert.Equal([new Vote(N, 1, view, block.Hash)], outputs.OfType<ConsensusOutput.Sign>().Select(static output => output.Vote));
        (_, outputs) = ConsensusCore.Apply(state, new ConsensusInput.Received(new ConsensusMessage.Proposed(Sample.Proposal(single.Block(view, time: 2)))));
        Assert.Empty(outputs.OfType<ConsensusOutput.Sign>());
    }

    [Fact]
    public void C1_a_vote_whose_block_was_lost_with_the_crash_is_not_sent_again_without_it()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false);
        var guard = SignGuard.Of(1).With(new Vote(N, 1, view, single.Block(view).Hash)); // the guard's write came through, the block's did not
        var skipped = Enumerable.Range(1, (int)view - 1).Select(old => single.Certificate(U, (ulong)old));
        var (state, outputs) = ConsensusCore.Apply(ConsensusState.Restore(single.Epoch, guard, skipped, [], null, ConsensusLimits.Default), ConsensusInput.Started.Instance);

        Assert.Empty(outputs.OfType<ConsensusOutput.Sign>());
        (state, outputs) = ConsensusCore.Apply(state, new ConsensusInput.Received(new ConsensusMessage.Proposed(Sample.Proposal(single.Block(view)))));
        (_, outputs) = ConsensusCore.Apply(state, new ConsensusInput.Validated(outputs.OfType<ConsensusOutput.Validate>().Single().Block.Hash, true));
        Assert.IsType<ConsensusOutput.Persist>(outputs[0]);
        Assert.Contains(outputs, static output => output is ConsensusOutput.Sign { Vote.Kind: N });
    }

    [Fact]
    public void C3_a_vote_of_the_own_key_that_the_guard_does_not_know_stops_the_signing()
    {
        var single = new OneValidator();
        var outputs = single.Hear(Sample.Vote(single.Own, N, 1, Sample.Word(5)));

        Assert.Single(outputs.OfType<ConsensusOutput.SafetyHalt>());
        Assert.Empty(single.Fire(TimerKind.View).OfType<ConsensusOutput.Sign>());
        Assert.Contains("new key", single.State.HaltReason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(N, 1, N, 2, true)]
    [InlineData(X, 1, X, 2, true)]
    [InlineData(X, 1, U, 0, true)]
    [InlineData(N, 1, X, 2, true)]
    [InlineData(N, 1, U, 0, false)]
    [InlineData(N, 1, X, 1, false)]
    public void E1_to_E4_are_found_in_either_order_and_told_once(VoteKind first, ulong a, VoteKind second, ulong b, bool isConflict)
    {
        foreach (var isSwapped in new[] { false, true })
        {
            var single = new OneValidator();
            VerifiedVote[] votes = [Sample.Vote(2, first, 3, Word(a)), Sample.Vote(2, second, 3, Word(b))];
            var outputs = (isSwapped ? votes.Reverse() : votes).SelectMany(single.Hear).ToArray();

            Assert.Equal(isConflict ? 1 : 0, outputs.OfType<ConsensusOutput.Accuse>().Count());
            single.Hear(Sample.Vote(2, N, 4, Word(1)));
            Assert.Equal(isConflict ? 0 : 1, single.Hear(Sample.Vote(2, N, 4, Word(2))).OfType<ConsensusOutput.Accuse>().Count());
        }
    }

    [Fact]
    public void E0_a_vote_that_does_not_fit_a_final_view_is_passed_on()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        var block = single.Block(view);
        single.Hear(new ConsensusMessage.Proposed(Sample.Proposal(block)));
        var odd = Sample.Vote(2, N, view, Sample.Word(9));
        single.Hear(odd);
        var passed = single.Hear(single.Certificate(X, view, block.Hash)).OfType<ConsensusOutput.Send>().Select(static send => send.Message).OfType<ConsensusMessage.Relayed>();

        Assert.Equal([odd], Assert.Single(passed).Votes.Where(vote => vote.Vote.BlockHash != block.Hash));
        var late = Sample.Vote(3, U, view);
        Assert.Contains(single.Hear(late), output => output is ConsensusOutput.Send { Message: ConsensusMessage.Relayed relayed } && relayed.Votes.Contains(late));
        Assert.DoesNotContain(single.Hear(late), static output => output is ConsensusOutput.Send { To: null });
    }

    [Fact]
    public void V11_a_finalization_and_a_nullification_of_one_view_stop_the_signing_and_blame_the_signers_of_both()
    {
        var single = new OneValidator();
        var view = single.ViewLedBy(own: false);
        single.GoTo(view);
        single.Hear(single.Certificate(X, view, Sample.Word(1)));
        var outputs = single.Hear(single.Certificate(U, view));

        Assert.Single(outputs.OfType<ConsensusOutput.SafetyHalt>());
        Assert.Equal([1, 2, 3], outputs.OfType<ConsensusOutput.Accuse>().Select(static accuse => accuse.Evidence.Signer));
    }

    [Fact]
    public void V11_a_final_block_that_does_not_descend_from_the_delivered_one_stops_the_signing()
    {
        var single = new OneValidator();
        var block = single.Block(1);
        single.Give(new ConsensusInput.BlockReceived(block));
        single.Hear(single.Certificate(X, 1, block.Hash));
        single.Give(new ConsensusInput.BlockReceived(block));
        Assert.Equal(block.Hash, single.State.Delivered.Hash);
        var other = single.Block(2);
        single.Hear(single.Certificate(X, 2, other.Hash));

        Assert.Single(single.Give(new ConsensusInput.BlockReceived(other)).OfType<ConsensusOutput.SafetyHalt>());
    }

    [Fact]
    public void Bounds_floods_of_views_far_ahead_and_of_many_hashes_cost_nothing()
    {
        var single = new OneValidator();
        for (var i = 0UL; i < 2_000; i++)
        {
            single.Hear(Sample.Vote(2, N, 1 + i, Sample.Word(1)));
            single.Hear(Sample.Vote(2, N, 3, Sample.Word(1 + i)));
            single.Hear(Sample.Vote(3, N, ulong.MaxValue - i, Sample.Word(1 + i)));
            single.Hear(Sample.Vote(3, U, 5, default, epoch: 2 + i));
            single.Give(new ConsensusInput.BlockReceived(single.Block(1, time: 5 + i)));
        }

        Assert.Equal(9, single.State.Votes.Count);
        Assert.True(single.State.Votes.Values.Sum(static votes => votes.Votes.Length) <= 10);
        Assert.Empty(single.State.Tree.Entries);
    }

    [Fact]
    public void V12_a_resend_has_what_brings_others_here_and_what_others_said()
    {
        var single = new OneValidator();
        single.GoTo(2);
        single.Hear(Sample.Vote(3, N, 2, Sample.Word(4)));
        single.Fire(TimerKind.View);
        single.Confirm();
        single.Sign(U, 2);
        var outputs = single.Fire(TimerKind.Resend);
        var messages = outputs.OfType<ConsensusOutput.Send>().Select(static send => send.Message).ToArray();

        Assert.Contains(messages, static message => message is ConsensusMessage.Certified { Certificate: { Kind: U, View: 1 } });
        Assert.Contains(messages, static message => message is ConsensusMessage.Ballot { Vote.Vote: { Kind: U, View: 2 } });
        Assert.Contains(messages, static message => message is ConsensusMessage.Relayed { Votes: [{ Signer: 3 }] });
        Assert.Equal(400UL, Waits(single, 1)); // after 100 and 200
        Assert.Equal(2_000UL, Waits(single, 8));
    }

    [Fact]
    public void A3_views_without_a_certificate_and_certified_blocks_are_fetched_again_and_again()
    {
        var single = new OneValidator();
        var outputs = single.Hear(single.Certificate(N, 3, Sample.Word(3)));
        Wanted[] wanted = [new Wanted.OfView(1), new Wanted.OfView(2), new Wanted.OfBlock(Sample.Word(3), 0)];

        Assert.Equal(wanted, outputs.OfType<ConsensusOutput.Fetch>().Select(static fetch => fetch.What));
        Assert.Empty(single.Hear(Sample.Vote(1, U, 4)).OfType<ConsensusOutput.Fetch>());
        Assert.Equal(wanted, single.Fire(TimerKind.Resend).OfType<ConsensusOutput.Fetch>().Select(static fetch => fetch.What));
    }

    [Fact]
    public void A2_who_is_far_behind_goes_on_from_a_snapshot()
    {
        var single = new OneValidator(limits: new ConsensusLimits { MaxCatchUp = 1 });
        var blocks = new List<Block> { single.Block(1) };
        while (blocks.Count < 4)
        {
            blocks.Add(single.Child(blocks[^1], (ulong)blocks.Count + 1));
        }

        var final = single.Certificate(X, 4, blocks[3].Hash);
        single.Hear(final);
        var outputs = single.Give(new ConsensusInput.BlockReceived(blocks[3]));
        Assert.Contains(outputs, static output => output is ConsensusOutput.Fetch { What: Wanted.OfLedger { AboveHeight: 0 } });

        var ledger = LedgerExecution.Execute(LedgerState.Empty, single.Epoch, blocks[0])!;
        Assert.Null(VerifiedSnapshot.Of(final, blocks[3], LedgerState.Empty));
        single.Give(new ConsensusInput.SnapshotReceived(VerifiedSnapshot.Of(final, blocks[3], ledger)!));
        Assert.Single(single.Confirm().OfType<ConsensusOutput.Restore>());
        Assert.Equal(blocks[3].Hash, single.State.Delivered.Hash);
    }

    [Fact]
    public void P4_checkpoints_are_signed_when_due_collected_and_E5_is_found()
    {
        var single = new OneValidator(limits: new ConsensusLimits { CheckpointInterval = 1 });
        var block = single.Block(1);
        single.Hear(single.Certificate(X, 1, block.Hash));
        single.Give(new ConsensusInput.BlockReceived(block));
        var due = Assert.Single(single.Confirm().OfType<ConsensusOutput.SignCheckpoint>()).Checkpoint;
        Assert.Equal((1UL, block.Hash, block.Header.Roots.State), (due.Height, due.BlockHash, due.StateRoot));

        single.Give(new ConsensusInput.SignedCheckpoint(VerifiedCheckpoint.Trust(due, single.Own, default)));
        Hear(1, due with { StateRoot = Sample.Word(1) });
        Assert.IsType<Evidence.Checkpoints>(Assert.Single(Hear(1, due).OfType<ConsensusOutput.Accuse>()).Evidence);
        Assert.Equal([0, 1, 2], Assert.Single(Hear(2, due).OfType<ConsensusOutput.SubmitCheckpoint>()).Signatures.Keys);
        Assert.Empty(Hear(3, due).OfType<ConsensusOutput.SubmitCheckpoint>());

        IReadOnlyList<ConsensusOutput> Hear(int signer, Checkpoint checkpoint) => single.Hear(new ConsensusMessage.CheckpointSigned(VerifiedCheckpoint.Trust(checkpoint, signer, default)));
    }

    [Fact]
    public void P4_the_end_of_an_epoch_is_signed_before_what_follows_and_again_after_a_crash()
    {
        var limits = new ConsensusLimits { CheckpointInterval = 1 };
        var single = new OneValidator(own: 1, endHeight: 1, limits: limits);
        var end = single.Block(1);
        single.Hear(OfOthers(single.Set, 1, 1, end.Hash, own: 1));
        single.Give(new ConsensusInput.BlockReceived(end));
        var due = Assert.Single(single.Confirm().OfType<ConsensusOutput.SignCheckpoint>());
        Assert.Equal((1UL, 1UL, 1), (due.Checkpoint.Epoch, due.Checkpoint.Height, due.Signer));

        // The own place is another one in the next set, and the guard has not signed yet.
        var next = single.Epoch with { Number = 2, Own = 2, Anchor = EpochSettings.After(end), EndHeight = 100 };
        single.Give(new ConsensusInput.EpochOpened(next));
        var sent = single.Give(new ConsensusInput.SignedCheckpoint(VerifiedCheckpoint.Trust(due.Checkpoint, due.Signer, default)));
        Assert.Single(sent.OfType<ConsensusOutput.Send>(), static output => output.Message is ConsensusMessage.CheckpointSigned);

        var child = Sample.Block(next, 1, next.Anchor, LedgerExecution.Execute(LedgerState.Empty, single.Epoch, end)!);
        single.Hear(OfOthers(single.Set, 2, 1, child.Hash, own: 2));
        single.Give(new ConsensusInput.BlockReceived(child));
        Assert.Empty(single.Confirm().OfType<ConsensusOutput.SignCheckpoint>());

        var restored = ConsensusState.Restore(next, single.State.Guard, [], [], null, limits, [new ClosedEpoch(1, single.Set, 1, end)]);
        Assert.Equal(due, Assert.Single(ConsensusCore.Apply(restored, ConsensusInput.Started.Instance).Outputs.OfType<ConsensusOutput.SignCheckpoint>()));

        single.Hear(new ConsensusMessage.CheckpointSigned(VerifiedCheckpoint.Trust(due.Checkpoint, 0, default)));
        var certified = single.Hear(new ConsensusMessage.CheckpointSigned(VerifiedCheckpoint.Trust(due.Checkpoint, 2, default)));
        Assert.Equal([0, 1, 2], Assert.Single(certified.OfType<ConsensusOutput.SubmitCheckpoint>()).Signatures.Keys);
    }

    // An own vote in it that the guard does not know would stop the signing (rule C3).
    private static VerifiedCertificate OfOthers(ValidatorSet set, ulong epoch, ulong view, Hash32 block, int own) =>
        VerifiedCertificate.Of(Enumerable.Range(0, set.Members.Length).Where(signer => signer != own).Select(signer => Sample.Vote(signer, X, view, block, epoch)), set)!;

    [Fact]
    public void A_follower_has_no_key_and_delivers_all_the_same()
    {
        var epoch = Sample.Epoch(Sample.Set(1, 1, 1, 1), own: null);
        var block = Sample.Block(epoch, 1, epoch.Anchor, LedgerState.Empty);
        var (state, _) = ConsensusCore.Apply(ConsensusState.Create(epoch, SignGuard.Of(1), ConsensusLimits.Default), ConsensusInput.Started.Instance);
        (state, _) = ConsensusCore.Apply(state, new ConsensusInput.Received(new ConsensusMessage.Certified(Sample.Certificate(epoch.Set, X, 1, block.Hash))));
        (state, var outputs) = ConsensusCore.Apply(state, new ConsensusInput.BlockReceived(block));
        ImmutableArray<ConsensusOutput> all = [.. outputs, .. ConsensusCore.Apply(state, new ConsensusInput.Persisted(9)).Outputs];

        Assert.Contains(all, output => output is ConsensusOutput.Deliver deliver && deliver.Block.Hash == block.Hash);
        Assert.Empty(all.OfType<ConsensusOutput.Sign>());
    }

    private static Hash32 Word(ulong number) => number == 0 ? default : Sample.Word(number);

    private static ulong Waits(OneValidator single, int times) => Enumerable.Range(0, times).Select(_ => single.Fire(TimerKind.Resend).OfType<ConsensusOutput.SetTimer>().Single().Milliseconds).ToArray()[^1];
}
