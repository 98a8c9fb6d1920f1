using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>What a validator owes now.</summary>
public abstract record Duty
{
    private Duty()
    {
    }

    /// <summary>Read the gateway's list and present what is in the sample (<see cref="Duties.ToPresent"/>).</summary>
    /// <param name="Subject">What a verdict on the list itself would be about.</param>
    public sealed record Present(Hash32 Subject, CommitmentKey Commitment, Hash32 Root, uint Count, TokenAmount Total) : Duty;

    /// <summary>Find out (read the list, or run the answer again), and commit to a <see cref="Finding"/>.</summary>
    public sealed record Judge(Hash32 Subject, Case Case) : Duty;

    /// <summary>Reveal what was committed to.</summary>
    public sealed record Reveal(Hash32 Subject) : Duty;
}

/// <summary>Who owes what: read from the state after each block, and after a restart, so nothing is forgotten.</summary>
public static class Duties
{
    /// <summary>All that this validator owes; nothing for one that is not in the set.</summary>
    public static IEnumerable<Duty> Of(VerificationState state, Address validator)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Members.All(member => member.Key != validator) ? [] : Presentable(state, validator).Concat(state.Cases.Select(entry => In(entry.Key, entry.Value, validator)).OfType<Duty>());
    }

    /// <summary>What of a commitment's list is to be presented: of which an audit was demanded, and what is in the sample, the lowest lot first.</summary>
    /// <param name="leaves">The list that the gateway shows; its root was checked (<see cref="ReceiptProof.Problem"/>).</param>
    public static IEnumerable<ReceiptProof> ToPresent(VerificationState state, CommitmentKey key, IReadOnlyList<ReceiptLeaf> leaves)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(leaves);
        if (state.Find(key) is not { IsDrawn: true } commitment)
        {
            return [];
        }

        var isOpen = IsOpen(state, commitment) && state.Commitments.ContainsKey(key);
        var sample = (isOpen ? leaves : []).Select((leaf, index) => (Leaf: leaf, Index: index, Lot: Sample.Lot(commitment.Beacon, key.Gateway, key.Period, (uint)index)))
            .Where(entry => Sample.IsIn(entry.Lot, state.RateOf(entry.Leaf.Node)) && !commitment.Seen.Contains((uint)entry.Index))
            .OrderBy(static entry => entry.Lot).Take(Math.Max(0, (int)state.Rules.MostChecksPerCommitment - commitment.Seen.Count)).Select(static entry => entry.Index);
        var audited = leaves.Select((leaf, index) => (leaf.Digest, Index: index)).Where(entry => IsDemanded(state, key, entry.Digest)).Select(static entry => entry.Index);
        return ReceiptProof.Of(key.Gateway, key.Period, leaves, [.. audited.Concat(sample).Distinct()]);
    }

    /// <summary>Cases in which a plant can be opened now; its validator knows them by the payer.</summary>
    public static IEnumerable<(Hash32 Subject, ReceiptLeaf Leaf)> Openable(VerificationState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Cases.Where(static entry => entry.Value is { Stage: CaseStage.Opening, Kind: CaseKind.Receipt, Planter.IsZero: true })
            .Select(static entry => (entry.Key, entry.Value.Leaf!));
    }

    // The list's checkers first; in the next period everybody, so that one honest validator is enough and few say the same.
    private static IEnumerable<Duty> Presentable(VerificationState state, Address validator)
    {
        var open = state.Commitments.Where(entry => IsOpen(state, entry.Value)).Select(static entry => entry.Key);
        var demanded = state.Audits.Where(static entry => entry.Value is { IsJudged: false, Verdict: AuditVerdict.Open }).Select(static entry => new CommitmentKey(entry.Key.Gateway, entry.Value.Period));
        return from key in open.Concat(demanded).Distinct()
               let commitment = state.Find(key)
               where commitment is { IsDrawn: true }
               let subject = Sample.ListSubject(commitment.Beacon, key.Gateway, key.Period)
               where state.Clock > commitment.DrawnAt || Assignment.Draw(subject, state.Members, state.Rules.Checkers).Contains(validator)
               select new Duty.Present(subject, key, commitment.Root, commitment.Count, commitment.Total);
    }

    private static bool IsOpen(VerificationState state, Commitment commitment) =>
        commitment.IsDrawn && state.Clock <= commitment.DrawnAt + 1 && commitment.Seen.Count < state.Rules.MostChecksPerCommitment;

    private static bool IsDemanded(VerificationState state, CommitmentKey key, Hash32 receipt) =>
        state.Audits.TryGetValue(new AuditKey(key.Gateway, receipt), out var audit) && audit is { IsJudged: false, Verdict: AuditVerdict.Open } && audit.Period == key.Period;

    private static Duty? In(Hash32 subject, Case item, Address validator) => item.Stage switch
    {
        CaseStage.Committing when item.Checkers.Contains(validator) && !item.Marks.ContainsKey(validator) => new Duty.Judge(subject, item),
        CaseStage.Opening when item.IsEscalated && !item.Marks.ContainsKey(validator) => new Duty.Judge(subject, item),
        CaseStage.Revealing or CaseStage.RevealingAll when item.HasCommitted(validator) => new Duty.Reveal(subject),
        _ => null,
    };
}
