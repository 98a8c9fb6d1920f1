using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>
/// Rule V11: certificates that cannot both be, unless a third or more is faulty. Never thrown: the votes in them are evidence (they are
/// held against each other like all votes), and where a Finalization is touched nothing more is signed.
/// </summary>
internal static class Safety
{
    /// <summary>Against the certificates of the same view, above F.</summary>
    internal static void Check(Step step, ViewCertificates known, VerifiedCertificate certificate)
    {
        foreach (var other in known.All)
        {
            if (Contradict(other, certificate))
            {
                step.Halt($"view {certificate.View} has a {other.Kind} and a {certificate.Kind} certificate that exclude each other");
            }
        }
    }

    /// <summary>Against what became of a view up to F.</summary>
    internal static void CheckPast(Step step, VerifiedCertificate certificate)
    {
        var isContradiction = certificate.View == step.State.FinalView
            ? Contradict(step.State.Final!, certificate)
            : step.State.Past.TryGetValue(certificate.View, out var outcome) && Contradicts(certificate, outcome);
        if (isContradiction)
        {
            step.Halt($"a {certificate.Kind} certificate of view {certificate.View} contradicts the final chain");
        }
    }

    private static bool Contradict(VerifiedCertificate left, VerifiedCertificate right) =>
        (left.Kind == VoteKind.Finalize || right.Kind == VoteKind.Finalize) && left.BlockHash != right.BlockHash;

    private static bool Contradicts(VerifiedCertificate certificate, ViewOutcome outcome) =>
        (certificate.Kind == VoteKind.Finalize || outcome.IsFinal) && certificate.BlockHash != outcome.BlockHash;
}
