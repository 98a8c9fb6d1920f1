using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Receipts of the sample, and canaries, become cases: by any validator, until the period after the beacon's is over.</summary>
internal static class Presentations
{
    /// <summary>A receipt whose lot is below its node's rate.</summary>
    internal static void Present(Step step, Testimony.ReceiptPresented testimony)
    {
        var model = testimony.Receipt is { } receipt && receipt.StructHash() == testimony.Proof.Leaf.Digest ? receipt.ModelDigest : default;
        Audits.Show(step, testimony.Proof, model);
        if (Find(step, testimony.Proof) is { } commitment && IsInSample(step, commitment, testimony.Proof))
        {
            Open(step, testimony.Proof, commitment, CaseKind.Receipt, model);
        }
    }

    /// <summary>A receipt of a probe that was committed to before the receipts were.</summary>
    internal static void Present(Step step, Address author, Testimony.CanaryPresented testimony)
    {
        var proof = testimony.Proof;
        if (Find(step, proof) is { } commitment && Probes.Spend(step, author, proof.Leaf, commitment, testimony.Salt))
        {
            Open(step, proof, commitment, IsInSample(step, commitment, proof) ? CaseKind.Receipt : CaseKind.Canary, default);
        }
    }

    private static Commitment? Find(Step step, ReceiptProof proof)
    {
        var commitment = step.State.Commitments.GetValueOrDefault(new CommitmentKey(proof.Gateway, proof.Period));
        return commitment is { IsDrawn: true } && step.Clock <= commitment.DrawnAt + 1 && proof.Index < commitment.Count
            && !commitment.Seen.Contains(proof.Index) && commitment.Seen.Count < step.Rules.MostChecksPerCommitment
            && !proof.Leaf.Node.IsZero && proof.Leaf.Price <= Bounds.Amount && step.State.Cases.Count < Bounds.Cases && proof.IsUnder(commitment.Root)
            ? commitment : null;
    }

    private static bool IsInSample(Step step, Commitment commitment, ReceiptProof proof) =>
        Sample.IsIn(Sample.Lot(commitment.Beacon, proof.Gateway, proof.Period, proof.Index), step.State.RateOf(proof.Leaf.Node));

    private static void Open(Step step, ReceiptProof proof, Commitment commitment, CaseKind kind, ModelDigest model)
    {
        var key = new CommitmentKey(proof.Gateway, proof.Period);
        var rate = kind == CaseKind.Receipt ? step.State.RateOf(proof.Leaf.Node) : VerificationRules.One;
        step.SetCommitment(key, commitment with { Seen = commitment.Seen.Add(proof.Index) });
        Records.SetNode(step, proof.Leaf.Node, step.State.NodeOf(proof.Leaf.Node) with { LastPeriod = step.State.Period });
        Cases.Open(step, Sample.Subject(commitment.Beacon, proof.Gateway, proof.Period, proof.Index), kind, key, proof.Index, proof.Leaf, model, rate);
    }
}
