using Ncn.Consensus;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Engine;

/// <summary>Rule C3 at the start: a vote of the own key in a certificate of the own rows, which the guard does not know, shows that the guard is an older copy.</summary>
internal static class OwnVoteCheck
{
    /// <exception cref="GuardRefusedException">There is one.</exception>
    internal static void Require(SigningGuard guard, EpochSettings epoch, IEnumerable<VerifiedCertificate> certificates)
    {
        var signed = guard.Signed;
        var unknown = certificates.Where(certificate => epoch.Own is { } own && certificate.Signers.Contains(own) && certificate.Epoch == epoch.Number)
            .FirstOrDefault(certificate => signed.Epoch < certificate.Epoch || (signed.Epoch == certificate.Epoch && certificate.View > signed.Floor && !signed.Has(certificate.Vote)));
        if (unknown is not null)
        {
            throw new GuardRefusedException(
                $"The key {guard.Key} has signed a {unknown.Kind} of view {unknown.View} of epoch {unknown.Epoch} that its signing guard does not contain: the guard is an older copy, such as a restored backup. Retire the key and name a new one on the chain; it votes from the next snapshot on.");
        }
    }
}
