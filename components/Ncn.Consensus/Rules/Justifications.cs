using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Rule B2: a block's parent is certified, and every view between them is nullified.</summary>
internal static class Justifications
{
    /// <summary>V2: the block of the highest certified view that a block of this view can stand on; null while a certificate between is missing.</summary>
    internal static (ulong View, Hash32 Hash)? ParentFor(ConsensusState state, ulong view)
    {
        for (var parent = view - 1; parent > state.FinalView; parent--)
        {
            var certificates = state.CertificatesOf(parent);
            if (certificates.Certified is { } hash)
            {
                return (parent, hash);
            }

            if (certificates.Nullification is null)
            {
                return null;
            }
        }

        return (state.FinalView, state.FinalHash);
    }

    /// <summary>Whether a block of this view may stand on this parent, as far as the certificates that are held tell.</summary>
    internal static Verdict Judge(ConsensusState state, BlockHeader header)
    {
        if (header.ParentView >= header.View || header.ParentView < state.FinalView || (header.ParentView == state.FinalView && header.ParentHash != state.FinalHash))
        {
            return Verdict.Bad;
        }

        var isParentCertified = header.ParentView == state.FinalView || IsCertified(state.CertificatesOf(header.ParentView), header.ParentHash);
        return isParentCertified && IsSkipped(state, header.ParentView, header.View) ? Verdict.Good : Verdict.Open;
    }

    /// <summary>The certificates that go with a block: the newest ones, ascending by view.</summary>
    internal static ImmutableArray<VerifiedCertificate> Of(ConsensusState state, BlockHeader header)
    {
        var skipped = Between(header.ParentView, header.View).Select(view => state.CertificatesOf(view).Nullification);
        var parent = header.ParentView == state.FinalView ? state.Final : state.CertificatesOf(header.ParentView) is var held ? held.Finalization ?? held.Notarization : null;
        return [.. skipped.Prepend(parent).OfType<VerifiedCertificate>().TakeLast(state.Limits.InlineCertificates)];
    }

    private static bool IsCertified(ViewCertificates certificates, Hash32 hash) => certificates.Notarization?.BlockHash == hash || certificates.Finalization?.BlockHash == hash;

    private static bool IsSkipped(ConsensusState state, ulong from, ulong to)
    {
        for (var view = from + 1; view < to; view++)
        {
            if (state.CertificatesOf(view).Nullification is null)
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<ulong> Between(ulong from, ulong to)
    {
        for (var view = from + 1; view < to; view++)
        {
            yield return view;
        }
    }
}

/// <summary>What is known of a block.</summary>
internal enum Verdict
{
    /// <summary>Something that is needed to tell is missing.</summary>
    Open,
    Good,

    /// <summary>For good.</summary>
    Bad,
}
