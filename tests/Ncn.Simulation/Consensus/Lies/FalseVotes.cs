using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>Votes that an honest validator would not give.</summary>
internal sealed class FalseVotes(ValidatorProcess self)
{
    /// <summary>One more vote in the view, of any kind.</summary>
    internal void Contradict(ValidatorProcess to, ConsensusMessage message)
    {
        if (message is ConsensusMessage.Ballot { Vote.Vote: var vote })
        {
            var kind = (VoteKind)(1 + self.World.Below(3));
            Say(to, new Vote(kind, vote.Epoch, vote.View, kind == VoteKind.Nullify ? default : HashFor(vote)));
        }
    }

    /// <summary>The last block of an epoch is about to be final: in the view after it each half is given a vote for another block.</summary>
    internal void Divide(ValidatorProcess to, ConsensusMessage message, ulong half)
    {
        if (message is ConsensusMessage.Ballot { Vote.Vote: { Kind: VoteKind.Finalize } vote })
        {
            Say(to, new Vote(VoteKind.Notarize, vote.Epoch, vote.View + 1, Names.Content(4 + half)));
        }
    }

    /// <summary>All three kinds, for whatever block there is.</summary>
    internal void SignAll(ValidatorProcess to, ConsensusMessage message)
    {
        if (ValidatorProcess.VoteOf(message) is not { } vote)
        {
            return;
        }

        var hash = self.State.Proposal is { Block: var block } && block.View == vote.View ? block.Hash : vote.BlockHash;
        Say(to, new Vote(VoteKind.Nullify, vote.Epoch, vote.View, default));
        if (!hash.IsZero)
        {
            Say(to, new Vote(VoteKind.Notarize, vote.Epoch, vote.View, hash));
            Say(to, new Vote(VoteKind.Finalize, vote.Epoch, vote.View, hash));
        }
    }

    /// <summary>The own block's view is given up, for half of the others.</summary>
    internal void GiveUp(ValidatorProcess to, Proposal proposal)
    {
        if ((to.Number + self.Number) % 2 == 0)
        {
            Say(to, new Vote(VoteKind.Nullify, proposal.Block.Header.Epoch, proposal.Block.View, default));
        }
    }

    internal void FloodPast(ValidatorProcess to, ConsensusMessage message)
    {
        if (ValidatorProcess.VoteOf(message) is { } vote)
        {
            for (var i = 0UL; i < 3; i++)
            {
                var view = vote.View - Math.Min(vote.View - 1, self.World.Below(24));
                Say(to, new Vote(VoteKind.Finalize, vote.Epoch, view, vote.BlockHash.IsZero ? Names.Content(view) : vote.BlockHash));
            }
        }
    }

    internal void FloodFuture()
    {
        var to = self.Network.All[(int)self.World.Below((ulong)self.Network.All.Count)];
        for (var i = 0; i < 12 && to != self; i++)
        {
            var view = self.State.View + 1 + (self.World.Below(2) == 0 ? self.World.Below(9) : self.World.Below(1UL << 60));
            var kind = (VoteKind)(1 + self.World.Below(3));
            Say(to, new Vote(kind, self.State.Epoch.Number, view, kind == VoteKind.Nullify ? default : Names.Content(1 + self.World.Below(3))));
        }
    }

    private Hash32 HashFor(Vote vote) =>
        self.World.Below(2) == 0 && self.State.Proposal is { Block: var block } && block.View == vote.View ? block.Hash : Names.Content(1 + self.World.Below(2));

    private void Say(ValidatorProcess to, Vote vote)
    {
        if (self.State.Epoch.Own is { } place && vote.Epoch == self.State.Epoch.Number)
        {
            self.Speak(to, new ConsensusMessage.Ballot(VerifiedVote.Trust(vote, place, self.Sign(vote))));
        }
    }
}
