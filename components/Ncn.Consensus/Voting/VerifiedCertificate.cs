using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>A certificate as it travels (rule B3): one vote, and the signatures of those who gave it.</summary>
/// <param name="Signers">Bit i stands for member i of the epoch's set.</param>
/// <param name="Signatures">Ascending by the signer's place, one for each bit.</param>
public sealed record Certificate(Vote Vote, SignerBits Signers, ImmutableArray<Signature> Signatures);

/// <summary>The same vote by more than two thirds: a Notarization, a Nullification or a Finalization. Its identity is the vote; signers differ from node to node.</summary>
public sealed class VerifiedCertificate
{
    private VerifiedCertificate(Vote vote, SignerBits signers, ImmutableArray<VerifiedVote> votes) => (Vote, Signers, Votes) = (vote, signers, votes);

    /// <summary>What they say.</summary>
    public Vote Vote { get; }

    /// <summary>Who says it.</summary>
    public SignerBits Signers { get; }

    /// <summary>Ascending by signer.</summary>
    public ImmutableArray<VerifiedVote> Votes { get; }

    public VoteKind Kind => Vote.Kind;

    public ulong Epoch => Vote.Epoch;

    public ulong View => Vote.View;

    /// <summary>Zero for a Nullification.</summary>
    public Hash32 BlockHash => Vote.BlockHash;

    /// <summary>Checks form, signatures and quorum; null when anything is wrong with it.</summary>
    public static VerifiedCertificate? Read(Certificate certificate, ValidatorSet set, Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(set);
        var isWhole = certificate.Signers.Bits >> set.Members.Length == 0 && certificate.Signers.Count == certificate.Signatures.Length;
        if (!isWhole || !set.IsQuorum(certificate.Signers))
        {
            return null;
        }

        var votes = certificate.Signatures.Select(signature => VerifiedVote.Read(new Signed<Vote>(certificate.Vote, signature), set, domain));
        ImmutableArray<VerifiedVote> read = [.. votes.TakeWhile(static vote => vote is not null)!];
        return read.Select(static vote => vote.Signer).SequenceEqual(certificate.Signers.Members()) ? new VerifiedCertificate(certificate.Vote, certificate.Signers, read) : null;
    }

    /// <summary>Of votes that were checked one by one; null when they are not of one content or no quorum.</summary>
    public static VerifiedCertificate? Of(IEnumerable<VerifiedVote> votes, ValidatorSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        ImmutableArray<VerifiedVote> ordered = [.. votes.DistinctBy(static vote => vote.Signer).OrderBy(static vote => vote.Signer)];
        var signers = ordered.Aggregate(default(SignerBits), static (bits, vote) => bits.With(vote.Signer));
        return set.IsQuorum(signers) && ordered.All(vote => vote.Vote == ordered[0].Vote) ? new VerifiedCertificate(ordered[0].Vote, signers, ordered) : null;
    }

    /// <summary>As it travels.</summary>
    public Certificate ToCertificate() => new(Vote, Signers, [.. Votes.Select(static vote => vote.Signature)]);

    public override string ToString() => $"{Kind} of view {View} by {Signers.Count}";
}
