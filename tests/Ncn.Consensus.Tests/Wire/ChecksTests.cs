using System.Collections.Immutable;
using Ncn.Consensus.Tests.Network;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Wire;

/// <summary>What members claim becomes what the core takes, when it is true, and nothing is checked twice.</summary>
public sealed class ChecksTests
{
    private static readonly Hash32 Block = Sample.Word(4);

    [Fact]
    public void What_honest_members_send_is_taken()
    {
        var checks = WireSample.Checks();
        foreach (var (name, message) in WireSample.Messages().Take(5))
        {
            var frame = WireForm.Write(message, Sample.NetworkSalt);
            Assert.True(WireForm.TryRead(frame, Sample.NetworkSalt, out var read, out _), name);
            var taken = checks.Check(read);
            Assert.True(taken is not null, name);
            Assert.Equal(message.GetType().Name, taken.GetType().Name);
        }

        var proof = (WireMessage.Answered)WireSample.Messages().Last().Message;
        Assert.NotNull(checks.Check((Answer.OfEpoch)proof.Answer));
        Assert.All(WireSample.Operations, operation => Assert.Equal(operation.Hash, checks.Check(ClaimedOperation.Of(operation))!.Hash));
    }

    [Fact]
    public void A_vote_that_names_another_member_is_not_taken()
    {
        var vote = WireSample.Vote(1, VoteKind.Notarize, 3, Block);
        Assert.Null(WireSample.Checks().Check(new ClaimedVote(vote.Vote, 2, vote.Signature)));
        Assert.Null(WireSample.Checks().Check(new ClaimedVote(vote.Vote, 7, vote.Signature)));
        Assert.Null(WireSample.Checks().Check(new ClaimedVote(vote.Vote with { View = 4 }, 1, vote.Signature)));
        Assert.NotNull(WireSample.Checks().Check(ClaimedVote.Of(vote)));
    }

    [Fact]
    public void A_message_of_another_epoch_is_not_taken()
    {
        var vote = new Vote(VoteKind.Nullify, 2, 3, default);
        var signed = new ClaimedVote(vote, 0, WireSample.Keys[0].Sign(vote, WireSample.Consensus).Signature);
        Assert.Null(WireSample.Checks().Check(new WireMessage.Ballot(signed)));
        Assert.Null(WireSample.Checks().Check(signed));
    }

    [Fact]
    public void A_certificate_is_checked_up_to_a_quorum_and_no_further()
    {
        var whole = WireSample.Certificate(VoteKind.Finalize, 3, Block).ToCertificate();
        var lastIsBad = whole with { Signatures = whole.Signatures.SetItem(3, whole.Signatures[0]) };
        Assert.Equal(3, WireSample.Checks().Check(lastIsBad)!.Signers.Count);
        var firstIsBad = whole with { Signatures = whole.Signatures.SetItem(0, whole.Signatures[1]) };
        Assert.Null(WireSample.Checks().Check(firstIsBad));
        Assert.Null(WireSample.Checks().Check(whole with { Signers = new SignerBits(0b0011), Signatures = whole.Signatures[..2] }));
        Assert.Null(WireSample.Checks().Check(whole with { Signers = new SignerBits(0b10111) }));
    }

    [Fact]
    public void A_vote_that_was_checked_is_not_checked_again_whatever_signature_comes_with_it()
    {
        var known = new KnownSignatures();
        var checks = WireSample.Checks(known);
        var vote = WireSample.Vote(1, VoteKind.Notarize, 3, Block);
        Assert.Equal(VoteWorth.Needed, checks.WorthOf(ClaimedVote.Of(vote)));
        var taken = checks.Check(ClaimedVote.Of(vote))!;
        Assert.Equal(VoteWorth.Known, checks.WorthOf(ClaimedVote.Of(vote)));
        Assert.Same(taken, checks.Check(new ClaimedVote(vote.Vote, 1, WireSample.Checkpoint().Signature)));
    }

    [Fact]
    public void A_vote_for_what_has_its_quorum_can_wait()
    {
        var checks = WireSample.Checks();
        for (var signer = 0; signer < 3; signer++)
        {
            Assert.Equal(VoteWorth.Needed, checks.WorthOf(ClaimedVote.Of(WireSample.Vote(signer, VoteKind.Notarize, 3, Block))));
            Assert.NotNull(checks.Check(ClaimedVote.Of(WireSample.Vote(signer, VoteKind.Notarize, 3, Block))));
        }

        Assert.Equal(VoteWorth.CanWait, checks.WorthOf(ClaimedVote.Of(WireSample.Vote(3, VoteKind.Notarize, 3, Block))));
        Assert.Equal(VoteWorth.Needed, checks.WorthOf(ClaimedVote.Of(WireSample.Vote(3, VoteKind.Finalize, 3, Block))));
    }

    [Fact]
    public void What_is_remembered_is_bounded_and_what_is_in_use_stays()
    {
        var known = new KnownSignatures(mostVotes: 4, mostOperations: 4);
        var (first, digest) = (WireSample.Vote(0, VoteKind.Nullify, 1), WireSample.Consensus.Digest(new Vote(VoteKind.Nullify, 1, 1, default)));
        known.Add(digest, first);
        for (ulong view = 2; view < 40; view++)
        {
            known.Add(Sample.Word(view), WireSample.Vote(0, VoteKind.Nullify, view));
            Assert.Same(first, known.Find(digest, 0));
        }

        Assert.Null(known.Find(Sample.Word(2), 0));
    }

    [Fact]
    public void A_proposal_with_a_wrong_part_is_not_taken()
    {
        var good = (WireMessage.Proposed)WireMessage.Of(new ConsensusMessage.Proposed(WireSample.Proposal())).Single();
        Assert.NotNull(WireSample.Checks().Check(good));
        Assert.Null(WireSample.Checks().Check(good with { LeaderSignature = WireSample.Checkpoint().Signature }));
        Assert.Null(WireSample.Checks().Check(good with { Block = good.Block with { Header = good.Block.Header with { Height = 6 } } }));
        Assert.Null(WireSample.Checks().Check(good with { Block = good.Block with { Operations = good.Block.Operations[1..] } }));
        Assert.Null(WireSample.Checks().Check(good with { Justification = [good.Justification[0] with { Vote = good.Justification[0].Vote with { View = 1 } }] }));
    }

    [Fact]
    public void A_block_with_an_operation_that_its_author_did_not_sign_is_not_taken()
    {
        var forged = SignedOperation.Trust(new Operation.RetireNode(WireSample.Key(9).Address, 77), WireSample.Operations[1].Signature);
        Assert.Null(WireSample.Checks().Check(ClaimedBlock.Of(WireSample.Block(5, BlockKind.Normal, default, forged))));
        Assert.NotNull(WireSample.Checks().Check(ClaimedBlock.Of(WireSample.Block(5, BlockKind.Normal, default, WireSample.Operations[1]))));
    }

    [Fact]
    public void Of_an_answer_the_blocks_that_hang_together_are_taken()
    {
        var old = WireSample.Block(1);
        var middle = WireSample.Block(2, BlockKind.Normal, old.Hash);
        var newest = WireSample.Block(3, BlockKind.Normal, middle.Hash);
        ImmutableArray<ClaimedBlock> chain = [ClaimedBlock.Of(newest), ClaimedBlock.Of(middle), ClaimedBlock.Of(old)];
        Assert.Equal([3UL, 2, 1], WireSample.Checks().Check(new Answer.Blocks(chain)).Select(static block => block.View));
        Assert.Equal([3UL], WireSample.Checks().Check(new Answer.Blocks([chain[0], chain[2]])).Select(static block => block.View));
    }

    [Fact]
    public void Relayed_votes_go_into_as_many_frames_as_they_need()
    {
        var votes = Enumerable.Range(1, 600).Select(static view => Sample.Vote(0, VoteKind.Nullify, (ulong)view)).ToImmutableArray();
        var parts = WireMessage.Of(new ConsensusMessage.Relayed([.. votes, votes[0]])).Cast<WireMessage.Relayed>().ToArray();
        Assert.Equal([512, 88], parts.Select(static part => part.Votes.Length));
        Assert.All(parts, static part => Assert.InRange(WireForm.Write(part, Sample.NetworkSalt).Length, 1, WireHead.Size + WireLimits.PayloadBytesOf(WireKind.Relayed)));
    }
}
