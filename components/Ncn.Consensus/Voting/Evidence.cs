using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>Two statements of one signer that no honest one signs both: what ValidatorRegistry takes a stake for.</summary>
public abstract record Evidence(int Signer)
{
    /// <summary>In whose set the contract looks the signer up.</summary>
    public abstract ulong Epoch { get; }

    /// <summary>E1 to E4, for <c>slashEquivocation</c>.</summary>
    public sealed record Votes(int Signer, Signed<Vote> First, Signed<Vote> Second) : Evidence(Signer)
    {
        public override ulong Epoch => First.Message.Epoch;
    }

    /// <summary>E5, for <c>slashCheckpoints</c>.</summary>
    public sealed record Checkpoints(int Signer, Signed<Checkpoint> First, Signed<Checkpoint> Second) : Evidence(Signer)
    {
        public override ulong Epoch => Math.Max(First.Message.Epoch, Second.Message.Epoch);
    }

    /// <summary>Two votes of one signer.</summary>
    internal static Votes Of(VerifiedVote first, VerifiedVote second) => new(second.Signer, first.ToSigned(), second.ToSigned());

    /// <summary>
    /// The table of the contract (ConsensusRules): in one view two blocks notarized (E1), two finalized (E2), one finalized and the view
    /// nullified (E3), one notarized and another finalized (E4). To notarize and to nullify is legal.
    /// </summary>
    public static bool Conflict(Vote first, Vote second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Epoch != second.Epoch || first.View != second.View)
        {
            return false;
        }

        return (first.Kind, second.Kind) switch
        {
            (VoteKind.Nullify, _) => second.Kind == VoteKind.Finalize,
            (_, VoteKind.Nullify) => first.Kind == VoteKind.Finalize,
            _ => first.BlockHash != second.BlockHash,
        };
    }

    /// <summary>E5: two contents for one height, whatever their epochs.</summary>
    public static bool Conflict(Checkpoint first, Checkpoint second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return first.Height == second.Height && first != second;
    }

    /// <summary>Everybody whose votes in the certificates of two stores exclude each other: whom a fork can be blamed on.</summary>
    public static IEnumerable<Votes> Between(IEnumerable<VerifiedCertificate> left, IEnumerable<VerifiedCertificate> right)
    {
        var others = right.ToLookup(static certificate => (certificate.Epoch, certificate.View));
        return from certificate in left
               from other in others[(certificate.Epoch, certificate.View)]
               where Conflict(certificate.Vote, other.Vote)
               from first in certificate.Votes
               from second in other.Votes
               where first.Signer == second.Signer
               select new Votes(first.Signer, first.ToSigned(), second.ToSigned());
    }
}
