using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Certificates move everything: rules V4 to V7 and V11.</summary>
internal static class Certificates
{
    /// <summary>A certificate comes in (rule V4: those of a proposal's justification too).</summary>
    internal static void Take(Step step, VerifiedCertificate certificate)
    {
        if (certificate.View is 0 or ulong.MaxValue)
        {
            return;
        }

        if (certificate.Epoch != step.Epoch.Number)
        {
            foreach (var vote in certificate.Votes)
            {
                EarlierEpochs.Take(step, vote, isRelayed: true);
            }

            return;
        }

        if (certificate.Votes.Any(vote => vote.Signer == step.Epoch.Own))
        {
            Votes.CheckOwn(step, certificate.Vote); // before the certificate can raise the floor over it
        }

        Record(step, certificate);
        foreach (var vote in certificate.Votes.Where(vote => vote.Signer != step.Epoch.Own))
        {
            Votes.Keep(step, vote);
        }
    }

    /// <summary>Makes a certificate as soon as the votes of this content are a quorum.</summary>
    internal static void Form(Step step, Vote content)
    {
        var votes = step.State.VotesOf(content.View);
        if (step.State.CertificatesOf(content.View).Of(content.Kind) is null
            && step.Epoch.Set.IsQuorum(votes.SignersOf(content.Kind, content.BlockHash))
            && VerifiedCertificate.Of(votes.Of(content), step.Epoch.Set) is { } certificate)
        {
            Record(step, certificate);
        }
    }

    private static void Record(Step step, VerifiedCertificate certificate)
    {
        if (certificate.View <= step.State.FinalView)
        {
            Safety.CheckPast(step, certificate);
            return;
        }

        var known = step.State.CertificatesOf(certificate.View);
        Safety.Check(step, known, certificate);
        if (known.Of(certificate.Kind) is not null)
        {
            return;
        }

        step.State = step.State with
        {
            Certificates = step.State.Certificates.SetItem(certificate.View, known.With(certificate)),
            Asked = step.State.Asked.Remove(new Wanted.OfView(certificate.View)),
        };
        step.Persist(new DurableRow.OfCertificate(certificate)); // A3: of every view above F
        Follow(step, certificate);
    }

    private static void Follow(Step step, VerifiedCertificate certificate)
    {
        switch (certificate.Kind)
        {
            case VoteKind.Notarize: // V5: also when the view is behind us
                Blocks.KeepIfCertified(step, certificate.BlockHash);
                step.TrySign(new Vote(VoteKind.Finalize, certificate.Epoch, certificate.View, certificate.BlockHash));
                Views.Leave(step, certificate.View);
                break;
            case VoteKind.Nullify: // V6
                Views.Leave(step, certificate.View);
                break;
            default: // V7
                Finality.Reach(step, certificate);
                break;
        }
    }
}
