using Ncn.Protocol;
using Ncn.Verification;

namespace Ncn.Validator.Duty;

/// <summary>Where a validator finds out.</summary>
/// <param name="Nodes">Asked for what a gateway does not show.</param>
/// <param name="Check">Re-runs the answer and compares; null when it cannot be said now. Without one no answer that is shown is judged.</param>
internal sealed record Sources(GatewayReader Gateways, NodeReader Nodes, Func<ReceiptEvidence, CancellationToken, Task<Finding?>>? Check)
{
    /// <summary>The list of a commitment.</summary>
    internal Task<Showing<IReadOnlyList<ReceiptLeaf>>> ListAsync(CommitmentKey of, Hash32 root, uint count, TokenAmount total, CancellationToken cancellationToken) =>
        Gateways.ListAsync(of.Gateway, of.Period, count, leaves => ReceiptProof.Problem(leaves, root, count, total) is null, cancellationToken);
}

/// <summary>What came of finding out.</summary>
/// <param name="Finding">Null when nothing can be said.</param>
/// <param name="IsNever">Nor later.</param>
internal readonly record struct Found(Finding? Finding, bool IsNever = false);

/// <summary>Finds out what is to be said of a case.</summary>
/// <param name="isLast">Whether the case's stage is in its last period: that something is not to be had is found then and not before, because a gateway may come back.</param>
internal sealed class Finder(Sources sources, Func<Case, bool> isLast)
{
    private static readonly Found Later = new(null);

    internal Task<Found> FindAsync(VerificationState state, Case item, CancellationToken cancellationToken) =>
        item.Kind == CaseKind.List ? OfListAsync(state, item, cancellationToken) : OfReceiptAsync(state.Rules, item, cancellationToken);

    private async Task<Found> OfListAsync(VerificationState state, Case item, CancellationToken cancellationToken)
    {
        var key = new CommitmentKey(item.Gateway, item.Period);
        if (state.Commitments.GetValueOrDefault(key) is not { } committed)
        {
            return Later;
        }

        var list = await sources.ListAsync(key, committed.Root, committed.Count, committed.Total, cancellationToken);
        return list.Value is not null ? new Found(Finding.Passed) : InTheEnd(item, list.Silence is null ? Finding.Withheld : Finding.Unreachable);
    }

    // The gateway took a receipt only with its evidence, so it must be able to show it: what it does not show, or shows as of another time, is its own fault.
    // Then the node is asked, and is at fault too when it was reached and has nothing better to show.
    private async Task<Found> OfReceiptAsync(VerificationRules rules, Case item, CancellationToken cancellationToken)
    {
        var shown = await sources.Gateways.EvidenceAsync(item.Gateway, item.Period, item.Index, evidence => IsOf(ReceiptLeaf.Of(evidence.Receipt.Message), item), cancellationToken);
        if (shown.Value is { } evidence && ReceiptProof.IsTimely(evidence.Receipt.Message, item.Period, rules))
        {
            if (sources.Check is null)
            {
                return new Found(null, IsNever: true);
            }

            if (await sources.Check(evidence, cancellationToken) is not Finding.Withheld and var found)
            {
                return new Found(found);
            }
        }

        return shown.Silence is not null ? InTheEnd(item, Finding.Unreachable)
            : item.Leaf is { } leaf && isLast(item) ? new Found(await AtNodeAsync(leaf, cancellationToken))
            : InTheEnd(item, Finding.Refused);
    }

    private async Task<Finding?> AtNodeAsync(ReceiptLeaf leaf, CancellationToken cancellationToken)
    {
        var shown = await sources.Nodes.EvidenceAsync(leaf, cancellationToken);
        if (shown.Value is not { } evidence || sources.Check is null)
        {
            return shown is { Value: null, Silence: null } ? Finding.Lost : Finding.Refused;
        }

        return await sources.Check(evidence, cancellationToken) switch
        {
            Finding.Passed => Finding.Withheld,
            Finding.Failed or Finding.Withheld => Finding.Lost,
            Finding.Unchecked => Finding.Refused,
            _ => null,
        };
    }

    private Found InTheEnd(Case item, Finding finding) => isLast(item) ? new Found(finding) : Later;

    // An audited receipt that is in no list is known by its digest alone.
    private static bool IsOf(ReceiptLeaf shown, Case item) => item.Leaf is { } leaf ? shown == leaf : shown.Digest == item.Audit;
}
