using Ncn.Protocol;

namespace Ncn.Verification.Checks;

/// <summary>
/// Compares an answer of tensors, or of vectors, with a validator's own run. Hashes only say that the node signed what was shown: the numbers
/// are compared one by one, because no two execution providers give the same bits.
/// </summary>
/// <remarks>
/// 1. As in <see cref="TextCheck"/>. 2. The answer is the one that was signed. 3. Rows and tokens are counted right. 4. Names, types and shapes
/// are the model's. 5. A tolerance was measured for every output on this pair of providers, or nobody can say. 6. Each number lies within it.
/// </remarks>
public static class TensorCheck
{
    /// <summary>The outcome.</summary>
    /// <param name="evidence">What the gateway showed.</param>
    /// <param name="rerun">What the validator's worker found.</param>
    /// <param name="networkDomain">Domain of the network's messages.</param>
    public static CheckOutcome Judge(TensorEvidence evidence, Rerun rerun, Eip712Domain networkDomain)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(rerun);
        if (Stated(evidence, networkDomain) is { } problem)
        {
            return problem; // 1, 2
        }

        Receipt receipt = evidence.Receipt.Message;
        if (rerun.Text is not null || rerun.Outputs.Count == 0)
        {
            return CheckOutcome.NoAnswer;
        }

        return receipt.CompletionTokens != rerun.Rows ? CheckOutcome.Fail(CheckReason.Counts, receipt.CompletionTokens, rerun.Rows) // 3
            : receipt.PromptTokens != rerun.PromptTokens ? CheckOutcome.Fail(CheckReason.Counts, receipt.PromptTokens, rerun.PromptTokens)
            : !HaveOneForm(evidence.Outputs, rerun.Outputs) ? CheckOutcome.Fail(CheckReason.Shape) // 4
            : Values(evidence.Outputs, rerun);
    }

    /// <summary>What is wrong with the evidence by itself, before anything is re-run; null when nothing is.</summary>
    public static CheckOutcome? Stated(TensorEvidence evidence, Eip712Domain networkDomain)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        if (ReceiptCheck.Problem(evidence, networkDomain) is { } problem)
        {
            return problem;
        }

        var rolling = new RollingOutputHash(evidence.Job.Message.RequestId, evidence.Job.Message.Attempt);
        return rolling.Append([], evidence.Answer.Span) == evidence.Receipt.Message.OutputHash ? null : CheckOutcome.Missing(CheckReason.OtherAnswer);
    }

    private static bool HaveOneForm(IReadOnlyList<TensorValue> stated, IReadOnlyList<TensorValue> found) =>
        stated.Count == found.Count && stated.Zip(found).All(static pair =>
            pair.First.Name == pair.Second.Name && pair.First.Datatype == pair.Second.Datatype && pair.First.Shape.SequenceEqual(pair.Second.Shape)
            && (pair.First.Datatype == TensorDatatype.BYTES || pair.First.Data.Length == pair.Second.Data.Length));

    private static CheckOutcome Values(IReadOnlyList<TensorValue> stated, Rerun rerun)
    {
        IReadOnlyList<OutputTolerance> tolerances = rerun.Tolerance?.Outputs ?? [];
        for (int i = 0; i < stated.Count; i++)
        {
            if (tolerances.FirstOrDefault(output => output.Name == stated[i].Name) is not { } tolerance)
            {
                return CheckOutcome.Unchecked(CheckReason.NotCalibrated); // 5
            }

            if (TensorDistance.Beyond(stated[i], rerun.Outputs[i], tolerance) is { } measured)
            {
                return CheckOutcome.Fail(CheckReason.Values, measured, tolerance.Absolute); // 6
            }
        }

        return CheckOutcome.Passed;
    }
}
