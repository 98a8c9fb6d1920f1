using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>Bytes of votes, certificates and checkpoints. The epoch is the frame's.</summary>
internal static class VoteForm
{
    private const int BitmapBytes = 13; // 100 bits, and four that are zero

    internal static void Write(CanonicalWriter writer, ClaimedVote vote) => Content(writer, vote.Vote).Byte((byte)vote.Signer).Signature(vote.Signature);

    internal static ClaimedVote Read(ref WireReader reader, ulong epoch)
    {
        var vote = Content(ref reader, epoch);
        return new ClaimedVote(vote, reader.Member(), reader.Signature());
    }

    internal static void Write(CanonicalWriter writer, Certificate certificate)
    {
        Content(writer, certificate.Vote).Raw(certificate.Signers.ToBytes(BitmapBytes));
        foreach (var signature in certificate.Signatures)
        {
            writer.Signature(signature);
        }
    }

    /// <summary>Rule B3: as many signatures as bits.</summary>
    internal static Certificate ReadCertificate(ref WireReader reader, ulong epoch)
    {
        var vote = Content(ref reader, epoch);
        var bits = UInt128.Zero;
        for (var i = 0; i < BitmapBytes; i++)
        {
            bits = (bits << 8) | reader.Byte();
        }

        var signers = new SignerBits(bits);
        reader.Require(bits >> ValidatorSet.Most == 0 && signers.Count > 0, "a certificate's signers are none, or out of range");
        var signatures = ImmutableArray.CreateBuilder<Signature>(reader.Reason is null ? signers.Count : 0);
        while (reader.Reason is null && signatures.Count < signers.Count)
        {
            signatures.Add(reader.Signature());
        }

        return new Certificate(vote, signers, signatures.ToImmutable());
    }

    internal static void Write(CanonicalWriter writer, ClaimedCheckpoint signed)
    {
        var content = signed.Checkpoint;
        writer.Number(content.Height).Word(content.BlockHash).Word(content.StateRoot).Word(content.ReceiptsRoot).Word(content.RewardsRoot).Word(content.NextSetHash)
            .Byte((byte)signed.Signer).Signature(signed.Signature);
    }

    internal static ClaimedCheckpoint ReadCheckpoint(ref WireReader reader, ulong epoch)
    {
        var content = new Checkpoint(epoch, reader.Number(), reader.Word(), reader.Word(), reader.Word(), reader.Word(), reader.Word());
        return new ClaimedCheckpoint(content, reader.Member(), reader.Signature());
    }

    /// <summary>Whether the votes stand in their one order, none of them twice.</summary>
    internal static bool AreAscending(ImmutableArray<ClaimedVote> votes) =>
        votes.Zip(votes.Skip(1)).All(static pair => Compare(pair.First, pair.Second) < 0);

    private static int Compare(ClaimedVote left, ClaimedVote right) =>
        (left.Vote.View, (int)left.Vote.Kind, left.Vote.BlockHash, left.Signer).CompareTo((right.Vote.View, (int)right.Vote.Kind, right.Vote.BlockHash, right.Signer));

    private static CanonicalWriter Content(CanonicalWriter writer, Vote vote) => writer.Number(vote.View).Byte((byte)vote.Kind).Word(vote.BlockHash);

    // Rule M1, and views that no arithmetic runs over.
    private static Vote Content(ref WireReader reader, ulong epoch)
    {
        var view = reader.Number();
        var vote = new Vote((VoteKind)reader.Byte(), epoch, view, reader.Word());
        reader.Require(view is > 0 and < ulong.MaxValue && VerifiedVote.IsWellFormed(vote), "a vote is malformed");
        return vote;
    }
}
