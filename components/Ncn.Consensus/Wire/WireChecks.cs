using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>How much a vote that came in is worth the work of checking it now.</summary>
public enum VoteWorth
{
    /// <summary>It may complete a quorum.</summary>
    Needed,

    /// <summary>A quorum of its content is there: it can wait until nothing else is to be done, and is checked then, for evidence (section 6).</summary>
    CanWait,

    /// <summary>The same member's vote of this content was checked before: nothing in it is new.</summary>
    Known,
}

/// <summary>
/// Makes of what members claim what the core takes, with the <c>Read</c> methods of its parts and what is remembered of earlier checks.
/// Certificates are checked until they are a quorum and no further. Null for anything that is wrong; nothing throws.
/// </summary>
/// <remarks>It may be used by several threads.</remarks>
/// <param name="epoch">The epoch that the messages are of.</param>
/// <param name="set">Who votes in it.</param>
/// <param name="consensus"><see cref="Eip712Domain.Consensus"/>: of votes and checkpoints.</param>
/// <param name="network"><see cref="Eip712Domain.Network"/>: of operations.</param>
public sealed class WireChecks(ulong epoch, ValidatorSet set, Eip712Domain consensus, Eip712Domain network, KnownSignatures known)
{
    /// <summary>The epoch.</summary>
    public ulong Epoch => epoch;

    /// <summary>Who votes in it.</summary>
    public ValidatorSet Set => set;

    /// <summary>A message of another member to the core; null when it is of another epoch, of no use to the core, or wrong in any part.</summary>
    public ConsensusMessage? Check(WireMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message switch
        {
            _ when message.Epoch != epoch => null,
            WireMessage.Ballot ballot => Check(ballot.Vote) is { } vote ? new ConsensusMessage.Ballot(vote) : null,
            WireMessage.Relayed relayed => All(relayed.Votes, Check) is { } votes ? new ConsensusMessage.Relayed(votes) : null,
            WireMessage.Certified certified => Check(certified.Certificate) is { } certificate ? new ConsensusMessage.Certified(certificate) : null,
            WireMessage.Proposed proposed => Check(proposed) is { } proposal ? new ConsensusMessage.Proposed(proposal) : null,
            WireMessage.CheckpointSigned signed => Check(signed.Checkpoint) is { } checkpoint ? new ConsensusMessage.CheckpointSigned(checkpoint) : null,
            _ => null,
        };
    }

    /// <summary>Whether a vote is to be checked now, later, or not again.</summary>
    public VoteWorth WorthOf(ClaimedVote claimed)
    {
        var signers = known.SignersOf(consensus.Digest(claimed.Vote));
        return signers.Contains(claimed.Signer) ? VoteWorth.Known : set.IsQuorum(signers) ? VoteWorth.CanWait : VoteWorth.Needed;
    }

    /// <summary>A vote of the member that it names (rules M1 and R4).</summary>
    public VerifiedVote? Check(ClaimedVote claimed) => Check(claimed, consensus.Digest(claimed.Vote));

    /// <summary>A certificate of a quorum, without the signatures beyond it.</summary>
    public VerifiedCertificate? Check(Certificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var isWhole = certificate.Signers.Bits >> set.Members.Length == 0 && certificate.Signers.Count == certificate.Signatures.Length && set.IsQuorum(certificate.Signers);
        if (!isWhole || certificate.Vote.Epoch != epoch)
        {
            return null;
        }

        var digest = consensus.Digest(certificate.Vote);
        var (votes, signers) = (ImmutableArray.CreateBuilder<VerifiedVote>(), default(SignerBits));
        foreach (var (signer, signature) in certificate.Signers.Members().Zip(certificate.Signatures))
        {
            if (Check(new ClaimedVote(certificate.Vote, signer, signature), digest) is not { } vote)
            {
                return null;
            }

            votes.Add(vote);
            signers = signers.With(signer);
            if (set.IsQuorum(signers))
            {
                break;
            }
        }

        return VerifiedCertificate.Of(votes, set);
    }

    /// <summary>A leader's block. The cheap comes first: the leader's own signature, then the body, then the authors' signatures.</summary>
    public Proposal? Check(WireMessage.Proposed proposed)
    {
        ArgumentNullException.ThrowIfNull(proposed);
        var header = proposed.Block.Header;
        var vote = new Vote(VoteKind.Notarize, header.Epoch, header.View, header.Hash());
        return Check(new ClaimedVote(vote, header.Proposer, proposed.LeaderSignature)) is { } leaderVote
            && All(proposed.Justification, Check) is { } justification && Check(proposed.Block) is { } block
            ? Proposal.Of(block, leaderVote, justification)
            : null;
    }

    /// <summary>A block whose operations are its header's and their authors'.</summary>
    public Block? Check(ClaimedBlock claimed)
    {
        ArgumentNullException.ThrowIfNull(claimed);
        return claimed.Header.Epoch == epoch && claimed.Trust() is { } block && block.Operations.All(operation => Known(operation) is not null) ? block : null;
    }

    /// <summary>An operation of its author, or an observation.</summary>
    public SignedOperation? Check(ClaimedOperation claimed) => Known(SignedOperation.Trust(claimed.Operation, claimed.Signature));

    /// <summary>A checkpoint's signature by the member that it names.</summary>
    public VerifiedCheckpoint? Check(ClaimedCheckpoint claimed) =>
        claimed.Checkpoint.Epoch == epoch && VerifiedCheckpoint.Read(new Signed<Checkpoint>(claimed.Checkpoint, claimed.Signature), set, consensus) is { } read && read.Signer == claimed.Signer ? read : null;

    /// <summary>The first of the blocks and those of the others that hang on it, newest first; empty when the first one is wrong.</summary>
    public ImmutableArray<Block> Check(Answer.Blocks answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var blocks = ImmutableArray.CreateBuilder<Block>();
        foreach (var claimed in answer.Items)
        {
            var isNext = blocks.Count == 0 || blocks[^1].Header.ParentHash == claimed.Header.Hash();
            if (!isNext || Check(claimed) is not { } block)
            {
                break;
            }

            blocks.Add(block);
        }

        return blocks.ToImmutable();
    }

    /// <summary>How the epoch ended.</summary>
    public VerifiedEpochProof? Check(Answer.OfEpoch answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Check(answer.Finalization) is { } finalization && All(answer.Items, Check) is { } blocks ? VerifiedEpochProof.Of(finalization, blocks) : null;
    }

    /// <summary>What a snapshot is of. Its contents are checked by their root, when they are there (<see cref="SnapshotAssembly.Finish"/>).</summary>
    public (VerifiedCertificate Finalization, ImmutableArray<Block> Blocks)? Check(SnapshotHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        return Check(head.Finalization) is { } finalization && All(head.Blocks, Check) is { } blocks && VerifiedSnapshot.IsFinal(finalization, blocks) ? (finalization, blocks) : null;
    }

    private VerifiedVote? Check(ClaimedVote claimed, Hash32 digest)
    {
        if (claimed.Vote.Epoch != epoch || claimed.Signer >= set.Members.Length)
        {
            return null;
        }

        if (known.Find(digest, claimed.Signer) is { } before)
        {
            return before;
        }

        var vote = VerifiedVote.Read(new Signed<Vote>(claimed.Vote, claimed.Signature), set, consensus);
        if (vote?.Signer != claimed.Signer)
        {
            return null;
        }

        known.Add(digest, vote);
        return vote;
    }

    private SignedOperation? Known(SignedOperation claimed)
    {
        if (known.Find(claimed.Hash) is { } before)
        {
            return before;
        }

        if (!claimed.IsSigned(network))
        {
            return null;
        }

        known.Add(claimed);
        return claimed;
    }

    // Null when one of them is wrong: whoever sends that has not checked it, or lies.
    private static ImmutableArray<TGood>? All<TClaim, TGood>(ImmutableArray<TClaim> claims, Func<TClaim, TGood?> check)
        where TGood : class
    {
        var good = ImmutableArray.CreateBuilder<TGood>(claims.Length);
        foreach (var claim in claims)
        {
            if (check(claim) is not { } item)
            {
                return null;
            }

            good.Add(item);
        }

        return good.ToImmutable();
    }
}
