using Ncn.Protocol;

namespace Ncn.Verification.Checks;

/// <summary>
/// Compares an answer of tensors, or of vectors, with a validator's own run. Hashes only say that the node signed what was shown: the numbers
/// are compared one by one, because no two execution providers give the same bits.
/// </summary>
/// <remarks>
/// 1. As in <see cref="TextCheck"/>. 2. Rows and tokens are counted right. 3. Names, types and shapes are the model's. 4. A tolerance was
/// measured for every output on this pair of providers, or nobody can say. 5. Each number lies within it.
/// </remarks>
public static class TensorCheck
{
    /// <summary>The outcome.</summary>
    /// <param name="evidence">What the gateway showed.</param>
    /// <param name="stated">The tensors in its answer; null when they cannot be read.</param>
    /// <param name="rerun">What the validator's worker found.</param>
    /// <param name="networkDomain">Domain of the network's messages.</param>
    public static CheckOutcome Judge(ReceiptEvidence evidence, IReadOnlyList<TensorValue>? stated, Rerun rerun, Eip712Domain networkDomain) =>
        ReceiptCheck.Problem(evidence, networkDomain) ?? Compare(evidence, stated, rerun); // 1

    /// <summary>The outcome for evidence in which <see cref="ReceiptCheck"/> has found nothing wrong: signatures and hashes are not checked again.</summary>
    /// <param name="evidence">What the gateway showed.</param>
    /// <param name="stated">The tensors in its answer; null when they cannot be read.</param>
    /// <param name="rerun">What the validator's worker found.</param>
    public static CheckOutcome Compare(ReceiptEvidence evidence, IReadOnlyList<TensorValue>? stated, Rerun rerun)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(rerun);
        Receipt receipt = evidence.Receipt.Message;
        if (rerun.Outputs.Count == 0 || stated is null)
        {
            return CheckOutcome.NoAnswer;
        }

        return receipt.CompletionTokens != rerun.Rows ? CheckOutcome.Fail(CheckReason.Counts, receipt.CompletionTokens, rerun.Rows) // 2
            : receipt.PromptTokens != rerun.PromptTokens ? CheckOutcome.Fail(CheckReason.Counts, receipt.PromptTokens, rerun.PromptTokens)
            : !HaveOneForm(stated, rerun.Outputs) ? CheckOutcome.Fail(CheckReason.Shape) // 3
            : Values(stated, rerun);
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
                return CheckOutcome.Unchecked(CheckReason.NotCalibrated); // 4
            }

            if (TensorDistance.Beyond(stated[i], rerun.Outputs[i], tolerance) is { } measured)
            {
                return CheckOutcome.Fail(CheckReason.Values, measured, tolerance.Absolute); // 5
            }
        }

        return CheckOutcome.Passed;
    }
}
