using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>A vote whose form and signature were checked, or that was made here. Equal when the content and the signer are (rule R4), whatever the bytes of the signature.</summary>
public sealed class VerifiedVote : IEquatable<VerifiedVote>
{
    private VerifiedVote(Vote vote, int signer, Signature signature) => (Vote, Signer, Signature) = (vote, signer, signature);

    /// <summary>The content.</summary>
    public Vote Vote { get; }

    /// <summary>The signer's place in the epoch's set.</summary>
    public int Signer { get; }

    /// <summary>By recovery, so that the contract takes it as evidence.</summary>
    public Signature Signature { get; }

    /// <summary>Checks form (rule M1) and signature (rule R4): low s, v 27 or 28, by a member of the set. Null for anything else.</summary>
    /// <param name="domain"><see cref="Eip712Domain.Consensus"/> of this network (rule R1).</param>
    public static VerifiedVote? Read(Signed<Vote> vote, ValidatorSet set, Eip712Domain domain)
    {
        ArgumentNullException.ThrowIfNull(vote);
        ArgumentNullException.ThrowIfNull(set);
        return IsWellFormed(vote.Message) && vote.TryRecover(domain, out var key) && set.IndexOf(key) is { } signer
            ? new VerifiedVote(vote.Message, signer, vote.Signature)
            : null;
    }

    /// <summary>For who knows that the signature is good: it was made here, or it was checked before it was written to the own disk.</summary>
    public static VerifiedVote Trust(Vote vote, int signer, Signature signature)
    {
        ArgumentNullException.ThrowIfNull(vote);
        return IsWellFormed(vote) ? new VerifiedVote(vote, signer, signature)
            : throw new ArgumentException($"A vote of kind {vote.Kind} for {vote.BlockHash} is malformed.", nameof(vote));
    }

    /// <summary>As the contract and others want it.</summary>
    public Signed<Vote> ToSigned() => new(Vote, Signature);

    /// <summary>Rule M1: the block hash is zero for Nullify and for nothing else.</summary>
    internal static bool IsWellFormed(Vote vote) => vote.Kind switch
    {
        VoteKind.Notarize or VoteKind.Finalize => !vote.BlockHash.IsZero,
        VoteKind.Nullify => vote.BlockHash.IsZero,
        _ => false,
    };

    public bool Equals(VerifiedVote? other) => other is not null && Signer == other.Signer && Vote == other.Vote;

    public override bool Equals(object? obj) => Equals(obj as VerifiedVote);

    public override int GetHashCode() => HashCode.Combine(Signer, Vote);

    public override string ToString() => $"{Vote.Kind} of view {Vote.View} by {Signer}";
}
