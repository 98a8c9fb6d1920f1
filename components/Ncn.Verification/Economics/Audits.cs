using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>
/// Bonded audits: all validators run one answer again, and the loser pays. 1. The answer is right and was shown: the bond goes to the validators.
/// 2. It is wrong: the opener gets the bond back, and the price as soon as the node's penalty (bond and price) is executed. 3. The gateway did not
/// show it: the same out of the gateway's stake. 4. No two thirds for anything: the bond is paid back.
/// </summary>
internal static class Audits
{
    private const byte SubjectTag = 6;

    internal static void Open(Step step, Address author, Testimony.AuditOpened testimony)
    {
        var (proof, state) = (testimony.Proof, step.State);
        var commitment = state.Commitments.GetValueOrDefault(new CommitmentKey(proof.Gateway, proof.Period));
        var credit = state.Credits.GetValueOrDefault(author);
        var isPaid = testimony.Bond >= state.Rules.LeastBond && credit.Amount >= testimony.Bond && !testimony.Opener.IsZero;
        if (!isPaid || commitment is not { IsDrawn: true } || proof.Leaf.Index >= commitment.Count || proof.Leaf.Price > Bounds.Amount || proof.Leaf.Node.IsZero
            || state.Members.IsEmpty || state.Cases.Count >= Bounds.Cases || IsOpen(state, proof) || !proof.IsUnder(commitment.Root))
        {
            return;
        }

        step.State = state with { Credits = state.Credits.SetItem(author, credit with { Amount = credit.Amount - testimony.Bond }) };
        Cases.OpenAudit(step, SubjectOf(commitment, proof, state.Height), proof, new AuditTerms(testimony.Opener, author, testimony.Bond));
    }

    internal static void Settle(Step step, Hash32 subject, Case item, AuditTerms terms, Decision decision)
    {
        var leaf = item.Leaf!;
        if (decision is { Node: Judgement.Passed, Gateway: Judgement.Passed })
        {
            Funds.ForDuty(step, terms.Bond);
            Appeal(step, item, leaf);
        }
        else if (decision.Node == Judgement.Failed || decision.Gateway == Judgement.Failed)
        {
            Funds.Earn(step, terms.Opener, terms.Bond);
            Punish(step, subject, item, leaf, terms, decision);
        }
        else
        {
            Funds.PayIn(step, terms.Sponsor, terms.Bond);
        }
    }

    private static void Punish(Step step, Hash32 subject, Case item, ReceiptLeaf leaf, AuditTerms terms, Decision decision)
    {
        var amount = TokenAmount.AddOrMost(terms.Bond, leaf.Price);
        if (decision.Node == Judgement.Failed)
        {
            Sentences.Open(step, PenalizedRole.Node, leaf.Node, amount, terms.Opener, leaf.Price, [subject]);
        }

        if (decision.Gateway == Judgement.Failed)
        {
            var owed = decision.Node == Judgement.Failed ? TokenAmount.Zero : leaf.Price;
            Sentences.Open(step, PenalizedRole.Gateway, item.Gateway, amount, terms.Opener, owed, [subject]);
        }
    }

    // All find right now what was found wrong before: the first time counts no more.
    private static void Appeal(Step step, Case item, ReceiptLeaf leaf)
    {
        if (step.State.Commitments.TryGetValue(new CommitmentKey(item.Gateway, item.Period), out var commitment))
        {
            Records.Overturn(step, Sample.Subject(commitment.Beacon, item.Gateway, item.Period, leaf.Index), leaf.Node);
        }
    }

    private static bool IsOpen(VerificationState state, ReceiptProof proof) => state.Cases.Values.Any(item =>
        item.Kind == CaseKind.Audit && item.Gateway == proof.Gateway && item.Period == proof.Period && item.Leaf!.Index == proof.Leaf.Index);

    private static Hash32 SubjectOf(Commitment commitment, ReceiptProof proof, ulong height) => Keccak256.Of(
        new FormWriter().Byte(SubjectTag).Word(Sample.Subject(commitment.Beacon, proof.Gateway, proof.Period, proof.Leaf.Index)).Number(height).Written);
}
