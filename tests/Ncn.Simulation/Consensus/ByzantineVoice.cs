using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>What a Byzantine validator says instead of what its core would.</summary>
internal sealed class ByzantineVoice(ValidatorProcess self, Strategy strategy)
{
    private const ulong LongestDelay = 400;

    internal void Say(ValidatorProcess to, ConsensusMessage message)
    {
        var world = self.World;
        switch (strategy)
        {
            case Strategy.Silent:
                break;
            case Strategy.Selective when (to.Number + self.Number) % 2 == 0:
                break;
            case Strategy.Delaying:
                self.After(world.Below(LongestDelay), () => self.Tell(to, message));
                break;
            case Strategy.Equivocating:
                Equivocate(to, message);
                break;
            case Strategy.LyingAboutState when message is ConsensusMessage.Proposed proposed && world.Below(2) == 0:
                self.Tell(to, Proposed(Changed(proposed.Proposal.Block.Header, static header => header with { Roots = header.Roots with { State = Names.Content(5) } }, proposed.Proposal), proposed.Proposal));
                break;
            case Strategy.Usurping:
                Usurp(to, message);
                break;
            default:
                self.Tell(to, message);
                break;
        }
    }

    private static ConsensusMessage.Proposed Proposed(Block block, Proposal like) =>
        new(Proposal.Of(block, VerifiedVote.Trust(new Vote(VoteKind.Notarize, block.Header.Epoch, block.View, block.Hash), block.Header.Proposer, default), like.Justification)!);

    private static Block Changed(BlockHeader header, Func<BlockHeader, BlockHeader> change, Proposal proposal) => Block.Of(change(header), proposal.Block.Operations)!;

    private void Equivocate(ValidatorProcess to, ConsensusMessage message)
    {
        var world = self.World;
        if (message is ConsensusMessage.Proposed { Proposal: var proposal } && world.Below(2) == 0)
        {
            self.Tell(to, Proposed(Changed(proposal.Block.Header, static header => header with { Context = header.Context with { Time = header.Context.Time + 1 } }, proposal), proposal));
            return;
        }

        self.Tell(to, message);
        if (message is ConsensusMessage.Ballot { Vote.Vote: var vote })
        {
            var kind = (VoteKind)(1 + world.Below(3));
            var hash = kind == VoteKind.Nullify ? default : Hash(vote);
            self.Tell(to, new ConsensusMessage.Ballot(VerifiedVote.Trust(new Vote(kind, vote.Epoch, vote.View, hash), self.Number, default)));
        }
    }

    private Hash32 Hash(Vote vote) =>
        self.World.Below(2) == 0 && self.State.Proposal is { Block: var block } && block.View == vote.View ? block.Hash : Names.Content(1 + self.World.Below(2));

    // Out of turn, or in turn on a parent that leaves out certified views.
    private void Usurp(ValidatorProcess to, ConsensusMessage message)
    {
        self.Tell(to, message);
        var parent = self.State.Delivered;
        if (message is not (ConsensusMessage.Ballot { Vote.Vote.Kind: VoteKind.Notarize } or ConsensusMessage.Proposed) || self.LedgerTree.Hash != parent.Hash)
        {
            return;
        }

        var (epoch, view) = (self.State.Epoch, ValidatorProcess.VoteOf(message)!.View + self.World.Below(2));
        if (view <= parent.View)
        {
            return;
        }

        var (kind, height) = epoch.ChildOf(parent);
        var context = parent.Context with { Time = parent.Context.Time + 1 };
        var content = LedgerExecution.Build(self.LedgerTree.Delivered, new BlockPlace(epoch, kind, epoch.Set.Members[self.Number].Key, context), []);
        var header = new BlockHeader(epoch.Network, epoch.Number, view, parent.View, parent.Hash, height, kind, self.Number, default, content.Roots, context);
        var block = Block.Of(header, [])!;
        var certificates = self.State.Certificates.Where(held => held.Key < view).SelectMany(static held => held.Value.All);
        self.Tell(to, new ConsensusMessage.Proposed(Proposal.Of(block, VerifiedVote.Trust(new Vote(VoteKind.Notarize, epoch.Number, view, block.Hash), self.Number, default), [.. certificates])!));
    }
}
