using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Simulation.Consensus;

/// <summary>Blocks that an honest leader would not propose.</summary>
internal sealed class FalseBlocks(ValidatorProcess self)
{
    /// <summary>The same with another header.</summary>
    internal static ConsensusMessage.Proposed With(ValidatorProcess self, Proposal proposal, Func<BlockHeader, BlockHeader> change) =>
        Proposed(self, Block.Of(change(proposal.Block.Header), proposal.Block.Operations)!, proposal.Justification);

    /// <summary>The same block without some of what it stands on, or with certificates of other views instead.</summary>
    internal ConsensusMessage.Proposed Unjustified(Proposal proposal) => Proposed(self, proposal.Block, self.World.Below(3) switch
    {
        0 => [],
        1 => [.. proposal.Justification.Skip(1)],
        _ => [.. self.Rows.Certificates.Values.Where(certificate => certificate.View + 5 > proposal.Block.View).OrderBy(static certificate => certificate.View).ThenBy(static certificate => certificate.Kind).Take(2)],
    });

    /// <summary>Out of turn, or in turn on a parent that leaves out certified views.</summary>
    internal void Usurp(ValidatorProcess to, ConsensusMessage message)
    {
        var (state, parent) = (self.State, self.State.Delivered);
        if (message is not (ConsensusMessage.Ballot { Vote.Vote.Kind: VoteKind.Notarize } or ConsensusMessage.Proposed) || self.LedgerTree.Hash != parent.Hash || state.Epoch.Own is not { } place)
        {
            return;
        }

        var (epoch, view) = (state.Epoch, ValidatorProcess.VoteOf(message)!.View + self.World.Below(2));
        var (kind, height) = epoch.ChildOf(parent);
        if (view <= parent.View || kind == BlockKind.Tail)
        {
            return;
        }

        var context = parent.Context with { Time = parent.Context.Time + 1 };
        var content = LedgerExecution.Build(self.LedgerTree.Delivered, new BlockPlace(epoch, kind, epoch.Set.Members[place].Key, context), []);
        var header = new BlockHeader(epoch.Network, epoch.Number, view, parent.View, parent.Hash, height, kind, place, default, content.Roots, context);
        var certificates = state.Certificates.Where(held => held.Key < view).SelectMany(static held => held.Value.All);
        self.Speak(to, Proposed(self, Block.Of(header, [])!, [.. certificates]));
    }

    private static ConsensusMessage.Proposed Proposed(ValidatorProcess self, Block block, ImmutableArray<VerifiedCertificate> justification)
    {
        var vote = new Vote(VoteKind.Notarize, block.Header.Epoch, block.View, block.Hash);
        return new ConsensusMessage.Proposed(Proposal.Of(block, VerifiedVote.Trust(vote, block.Header.Proposer, self.Sign(vote)), justification)!);
    }
}
