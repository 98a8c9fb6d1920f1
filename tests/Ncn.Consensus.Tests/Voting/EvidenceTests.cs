using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Voting;

/// <summary>The table of the contract (contracts/test/registry/Equivocation.t.sol), and signatures as the contract takes them.</summary>
public sealed class EvidenceTests
{
    private const VoteKind N = VoteKind.Notarize;
    private const VoteKind U = VoteKind.Nullify;
    private const VoteKind X = VoteKind.Finalize;
    private static readonly Hash32 A = Sample.Word(1);
    private static readonly Hash32 B = Sample.Word(2);

    public static TheoryData<int, int, bool> Pairs()
    {
        Vote[] votes = [.. All()];
        var pairs = new TheoryData<int, int, bool>();
        for (var i = 0; i < votes.Length; i++)
        {
            for (var j = 0; j < votes.Length; j++)
            {
                pairs.Add(i, j, InTable(votes[i], votes[j]) || InTable(votes[j], votes[i]));
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Two_votes_exclude_each_other_as_the_table_says(int first, int second, bool isConflict) =>
        Assert.Equal(isConflict, Evidence.Conflict(All().ElementAt(first), All().ElementAt(second)));

    [Fact]
    public void Two_checkpoints_of_one_height_exclude_each_other_whatever_their_epochs()
    {
        var checkpoint = new Checkpoint(1, 5, A, A, A, A, default);

        Assert.False(Evidence.Conflict(checkpoint, checkpoint));
        Assert.False(Evidence.Conflict(checkpoint, checkpoint with { Height = 6 }));
        Assert.True(Evidence.Conflict(checkpoint, checkpoint with { Epoch = 2 }));
        Assert.True(Evidence.Conflict(checkpoint, checkpoint with { NextSetHash = B }));
    }

    [Fact]
    public void Certificates_that_exclude_each_other_blame_more_than_a_third()
    {
        var set = Sample.Set(1, 1, 1, 1, 1, 1, 1);
        var blamed = Evidence.Between([Sample.Certificate(set, X, 3, A)], [Sample.Certificate(set, U, 3, from: 2), Sample.Certificate(set, N, 4, B)]).ToArray();

        Assert.Equal([2, 3, 4, 5, 6], blamed.Select(static evidence => evidence.Signer));
        Assert.All(blamed, static evidence => Assert.True(Evidence.Conflict(evidence.First.Message, evidence.Second.Message)));
    }

    [Fact]
    public void A_vote_is_read_only_with_a_members_good_signature()
    {
        Signer[] signers = [.. Enumerable.Range(1, 5).Select(static i => new Signer([.. Enumerable.Repeat((byte)i, 32)]))];
        var set = ValidatorSet.Of(signers.Take(4).Select(static signer => new Validator(signer.Address, 1)));
        var domain = Eip712Domain.Consensus(412346, Sample.Key(9), Sample.NetworkSalt);
        var signed = signers[0].Sign(new Vote(N, 1, 5, A), domain);

        Assert.Equal(set.IndexOf(signers[0].Address), VerifiedVote.Read(signed, set, domain)!.Signer);
        Assert.Equal(signed, VerifiedVote.Read(signed, set, domain)!.ToSigned());
        Assert.Null(VerifiedVote.Read(signers[4].Sign(signed.Message, domain), set, domain));
        Assert.Null(VerifiedVote.Read(signed, set, Eip712Domain.Consensus(1, Sample.Key(9), Sample.NetworkSalt)));
        Assert.Null(VerifiedVote.Read(signed, set, Eip712Domain.Consensus(412346, Sample.Key(9), Sample.Word(1))));
        Assert.Null(VerifiedVote.Read(signers[0].Sign(new Vote(U, 1, 5, A), domain), set, domain));
        Assert.Null(VerifiedVote.Read(signers[0].Sign(new Vote(X, 1, 5, default), domain), set, domain));
        Assert.Null(VerifiedVote.Read(signers[0].Sign(new Vote((VoteKind)4, 1, 5, A), domain), set, domain));
        Assert.Null(VerifiedVote.Read(signed with { Signature = WithOtherV(signed.Signature) }, set, domain));
    }

    [Fact]
    public void A_certificate_is_read_only_when_all_of_it_is_good()
    {
        Signer[] signers = [.. Enumerable.Range(1, 4).Select(static i => new Signer([.. Enumerable.Repeat((byte)i, 32)])).OrderBy(static signer => signer.Address)];
        var set = ValidatorSet.Of(signers.Select(static signer => new Validator(signer.Address, 1)));
        var domain = Eip712Domain.Consensus(412346, Sample.Key(9), Sample.NetworkSalt);
        var vote = new Vote(N, 1, 5, A);
        Signature[] signatures = [.. signers.Select(signer => signer.Sign(vote, domain).Signature)];
        var whole = new Certificate(vote, new SignerBits(0b0111), [.. signatures.Take(3)]);

        Assert.Equal(signatures.Take(3), VerifiedCertificate.Read(whole, set, domain)!.ToCertificate().Signatures);
        Assert.Null(VerifiedCertificate.Read(whole with { Signers = new SignerBits(0b1011) }, set, domain)); // of others
        Assert.Null(VerifiedCertificate.Read(whole with { Signers = new SignerBits(0b1111) }, set, domain)); // one missing
        Assert.Null(VerifiedCertificate.Read(whole with { Signers = new SignerBits(0b10111) }, set, domain)); // beyond the set
        Assert.Null(VerifiedCertificate.Read(new Certificate(vote, new SignerBits(0b0011), [.. signatures.Take(2)]), set, domain)); // no quorum
        Assert.Null(VerifiedCertificate.Read(whole with { Signatures = [signatures[1], signatures[0], signatures[2]] }, set, domain)); // out of order
        Assert.Null(VerifiedCertificate.Read(whole with { Vote = vote with { View = 6 } }, set, domain)); // another vote
    }

    private static Signature WithOtherV(Signature signature)
    {
        var bytes = signature.ToArray();
        bytes[64] ^= 27 ^ 28;
        return new Signature(bytes);
    }

    private static IEnumerable<Vote> All() =>
        from epoch in new[] { 1UL, 2UL }
        from view in new[] { 5UL, 6UL }
        from content in new[] { (N, A), (N, B), (U, default), (X, A), (X, B) }
        select new Vote(content.Item1, epoch, view, content.Item2);

    private static bool InTable(Vote a, Vote b) => a.Epoch == b.Epoch && a.View == b.View && (
        (a.Kind == N && b.Kind == N && a.BlockHash != b.BlockHash) // E1
        || (a.Kind == X && b.Kind == X && a.BlockHash != b.BlockHash) // E2
        || (a.Kind == X && b.Kind == U) // E3
        || (a.Kind == N && b.Kind == X && a.BlockHash != b.BlockHash)); // E4
}
