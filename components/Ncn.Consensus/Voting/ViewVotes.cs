using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>The votes of one view (rule 2.8): of each signer and kind the first, and one that conflicts with it. The first is never replaced.</summary>
internal sealed record ViewVotes(ImmutableArray<VerifiedVote> Votes)
{
    private const int MostOfOneKind = 2;

    internal static ViewVotes None { get; } = new([]);

    /// <summary>Adds a vote.</summary>
    /// <param name="isNew">False when it was there, or its signer said enough of this kind.</param>
    internal ViewVotes With(VerifiedVote vote, out bool isNew)
    {
        var sameKind = 0;
        foreach (var other in Votes)
        {
            if (other.Signer == vote.Signer && other.Vote.Kind == vote.Vote.Kind)
            {
                sameKind = other.Vote.BlockHash == vote.Vote.BlockHash ? MostOfOneKind : sameKind + 1;
            }
        }

        isNew = sameKind < MostOfOneKind;
        return isNew ? new ViewVotes(Votes.Add(vote)) : this;
    }

    /// <summary>A vote of the same signer that excludes this one; null for none.</summary>
    internal VerifiedVote? ConflictOf(VerifiedVote vote)
    {
        foreach (var other in Votes)
        {
            if (other.Signer == vote.Signer && Evidence.Conflict(other.Vote, vote.Vote))
            {
                return other;
            }
        }

        return null;
    }

    internal SignerBits SignersOf(VoteKind kind, Hash32 blockHash)
    {
        var signers = default(SignerBits);
        foreach (var vote in Votes)
        {
            signers = vote.Vote.Kind == kind && vote.Vote.BlockHash == blockHash ? signers.With(vote.Signer) : signers;
        }

        return signers;
    }

    internal IEnumerable<VerifiedVote> Of(Vote content) => Votes.Where(vote => vote.Vote.Kind == content.Kind && vote.Vote.BlockHash == content.BlockHash);
}
