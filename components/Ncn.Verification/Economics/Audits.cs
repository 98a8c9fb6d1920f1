using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>
/// Bonded audits: all validators run one answer again, and the loser pays. The gateway holds the client's voucher over the bond, so towards the pool it
/// stands for the client. 1. The answer is right and was shown: the client loses; the gateway keeps the voucher's amount, and the bond goes from the gateway
/// to the validators. 2. It is wrong: nobody takes the bond, and the node's penalty is bond and price, of which the client gets the price first. 3. The
/// gateway did not show it: the same out of the gateway's stake. 4. It was shown too late for the ledger to know whose it is, and is wrong: the client was
/// right, and nobody pays. 5. No two thirds for anything: nobody pays.
/// </summary>
internal static class Audits
{
    private const byte SubjectTag = 6;
    private const uint PeriodsToShow = 6;
    private const int MostUnfunded = 16;

    /// <summary>A gateway demands it. What it has paid in is held; without that its fees and stake answer.</summary>
    internal static void Open(Step step, Fact.AuditOpened fact)
    {
        var state = step.State;
        var key = new AuditKey(fact.Gateway, fact.Receipt);
        var isSound = fact.Bond >= state.Rules.LeastBond && fact.Bond <= Bounds.Amount && !fact.Client.IsZero && !fact.Gateway.IsZero && !fact.Receipt.IsZero;
        if (!isSound || state.Members.IsEmpty || state.Audits.ContainsKey(key) || !MakeRoom(step))
        {
            return;
        }

        var isFunded = Funds.Spend(step, fact.Gateway, fact.Bond);
        if (!isFunded && state.Audits.Count(entry => entry.Key.Gateway == fact.Gateway && entry.Value is { IsFunded: false, Verdict: AuditVerdict.Open }) >= MostUnfunded)
        {
            return;
        }

        var until = step.Clock + step.Rules.BeaconPatience + PeriodsToShow;
        Set(step, key, new Audit(fact.Period, fact.Client, fact.Bond, isFunded, step.Clock, until, false, AuditVerdict.Open));
    }

    /// <summary>A validator shows the receipt's place in the list: all judge it.</summary>
    internal static void Show(Step step, ReceiptProof proof, ModelDigest model)
    {
        var key = new AuditKey(proof.Gateway, proof.Leaf.Digest);
        var commitment = step.State.Find(new CommitmentKey(proof.Gateway, proof.Period));
        if (step.State.Audits.TryGetValue(key, out var audit) && audit is { IsJudged: false, Verdict: AuditVerdict.Open } && audit.Period == proof.Period
            && commitment is { IsDrawn: true } && proof.Index < commitment.Count && proof.Leaf.Price <= Bounds.Amount && !proof.Leaf.Node.IsZero && proof.IsUnder(commitment.Root))
        {
            Judge(step, key, audit, proof.Index, proof.Leaf, model);
        }
    }

    /// <summary>Receipts that nobody could show in time: all judge whether the gateway shows them.</summary>
    internal static void Age(Step step)
    {
        foreach (var (key, audit) in step.State.Audits.Where(entry => entry.Value is { IsJudged: false, Verdict: AuditVerdict.Open } && entry.Value.Until < step.Clock))
        {
            Judge(step, key, audit, 0, null, default);
        }
    }

    internal static void Settle(Step step, Hash32 subject, Case item, Decision decision)
    {
        var key = new AuditKey(item.Gateway, item.Audit);
        if (!step.State.Audits.TryGetValue(key, out var audit))
        {
            return;
        }

        var isLost = decision.Node == Judgement.Failed || decision.Gateway == Judgement.Failed;
        var isWon = decision is { Gateway: Judgement.Passed, Node: Judgement.Passed };
        Set(step, key, audit with { Verdict = isLost ? AuditVerdict.Failed : isWon ? AuditVerdict.Passed : AuditVerdict.Undecided });
        if (isWon)
        {
            Collect(step, subject, key.Gateway, audit);
            Appeal(step, item);
            return;
        }

        if (audit.IsFunded)
        {
            Funds.PayIn(step, key.Gateway, audit.Bond);
        }

        if (isLost)
        {
            Punish(step, subject, item, audit, decision);
        }
    }

    private static void Judge(Step step, AuditKey key, Audit audit, uint index, ReceiptLeaf? leaf, ModelDigest model)
    {
        var subject = Keccak256.Of(new CanonicalWriter().Byte(SubjectTag).Address(key.Gateway).Word(key.Receipt).Number(step.State.Height).Written);
        if (!step.State.Cases.ContainsKey(subject) && step.State.Cases.Count < Bounds.Cases)
        {
            Set(step, key, audit with { IsJudged = true });
            Cases.OpenAudit(step, subject, key, audit.Period, index, leaf, model);
        }
    }

    // The gateway has the client's bond: the validators get as much from it.
    private static void Collect(Step step, Hash32 subject, Address gateway, Audit audit)
    {
        var fromFees = audit.IsFunded ? audit.Bond : Funds.TakeShare(step, gateway, audit.Bond);
        Funds.ForDuty(step, fromFees);
        if (fromFees < audit.Bond)
        {
            Sentences.Open(step, PenalizedRole.Gateway, gateway, audit.Bond - fromFees, default, default, [subject]);
        }
    }

    private static void Punish(Step step, Hash32 subject, Case item, Audit audit, Decision decision)
    {
        var price = item.Leaf?.Price ?? TokenAmount.Zero;
        var amount = audit.Bond + price;
        if (decision.Node == Judgement.Failed && item.Leaf is { } leaf)
        {
            Sentences.Open(step, PenalizedRole.Node, leaf.Node, amount, audit.Client, price, [subject]);
        }

        if (decision.Gateway == Judgement.Failed)
        {
            var owed = decision.Node == Judgement.Failed ? TokenAmount.Zero : price;
            Sentences.Open(step, PenalizedRole.Gateway, item.Gateway, amount, audit.Client, owed, [subject]);
        }
    }

    // All find right now what was found wrong before: the first time counts no more.
    private static void Appeal(Step step, Case item)
    {
        if (item.Leaf is { } leaf && step.State.Find(new CommitmentKey(item.Gateway, item.Period)) is { } commitment)
        {
            Records.Overturn(step, Sample.Subject(commitment.Beacon, item.Gateway, item.Period, item.Index), leaf.Node);
        }
    }

    // The oldest that is decided goes; while all are open there is no room.
    private static bool MakeRoom(Step step)
    {
        if (step.State.Audits.Count < Bounds.Audits)
        {
            return true;
        }

        var decided = step.State.Audits.Where(static entry => entry.Value.Verdict != AuditVerdict.Open).OrderBy(static entry => (entry.Value.OpenedAt, entry.Key)).Take(1).ToArray();
        step.State = step.State with { Audits = step.State.Audits.RemoveRange(decided.Select(static entry => entry.Key)) };
        return decided.Length > 0;
    }

    private static void Set(Step step, AuditKey key, Audit audit) => step.State = step.State with { Audits = step.State.Audits.SetItem(key, audit) };
}
