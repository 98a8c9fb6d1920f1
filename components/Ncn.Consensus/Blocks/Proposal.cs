using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>
/// A leader's block (rule B2), signed by its Notarize vote, with its justification: a certificate of the parent, and a Nullification of
/// every view between the parent's and this one's. At most <see cref="ConsensusLimits.InlineCertificates"/> come along; the others are fetched.
/// </summary>
public sealed class Proposal
{
    private Proposal(Block block, VerifiedVote leaderVote, ImmutableArray<VerifiedCertificate> justification) =>
        (Block, LeaderVote, Justification) = (block, leaderVote, justification);

    public Block Block { get; }

    public VerifiedVote LeaderVote { get; }

    /// <summary>Ascending by view.</summary>
    public ImmutableArray<VerifiedCertificate> Justification { get; }

    /// <summary>Puts checked parts together; null when the vote is not the proposer's Notarize vote for the block.</summary>
    public static Proposal? Of(Block block, VerifiedVote leaderVote, ImmutableArray<VerifiedCertificate> justification)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(leaderVote);
        var header = block.Header;
        return leaderVote.Vote == new Vote(VoteKind.Notarize, header.Epoch, header.View, block.Hash) && leaderVote.Signer == header.Proposer
            ? new Proposal(block, leaderVote, justification)
            : null;
    }

    public override string ToString() => $"proposal of a {Block}";
}
