using Ncn.Protocol;

namespace Ncn.Verification.Checks;

/// <summary>Compares an answer of tokens with a validator's own pass over it. Pure: the same evidence and re-run have the same outcome everywhere.</summary>
/// <remarks>
/// 1. Job, receipt, input and answer belong together and are signed (<see cref="ReceiptCheck"/>). 2. The fingerprints are those of the
/// receipt's root, of the positions that the job chooses and of the delivered tokens. 3. Counts. 4. Every token could stand where it stands,
/// and the text is that of the tokens. 5. Something ended it: a stop condition, its length, the model, or the gateway, which says so. 6.
/// Log-probabilities are the model's: another model or other weights are found here. 7. Every token is what seed and logits give: a node that
/// states the right model's log-probabilities of tokens which it got elsewhere, or drew otherwise, is found here.
/// </remarks>
public static class TextCheck
{
    /// <summary>The outcome.</summary>
    /// <param name="evidence">What the gateway showed.</param>
    /// <param name="rerun">What the validator's worker found.</param>
    /// <param name="networkDomain">Domain of the network's messages.</param>
    public static CheckOutcome Judge(ReceiptEvidence evidence, Rerun rerun, Eip712Domain networkDomain) =>
        ReceiptCheck.Problem(evidence, networkDomain) ?? Compare(evidence, rerun);

    /// <summary>The outcome for evidence in which <see cref="ReceiptCheck"/> has found nothing wrong: signatures and hashes are not checked again.</summary>
    /// <param name="evidence">What the gateway showed.</param>
    /// <param name="rerun">What the validator's worker found.</param>
    public static CheckOutcome Compare(ReceiptEvidence evidence, Rerun rerun)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(rerun);
        if (Fingerprints(evidence) is { } problem)
        {
            return problem;
        }

        if (rerun.Text is not { } found)
        {
            return CheckOutcome.NoAnswer;
        }

        return Counts(evidence, rerun)
            ?? Content(evidence, found)
            ?? (rerun.Tolerance?.Text is { } tolerance
                ? Ending(evidence, found, tolerance) ?? Logprobs(evidence, found, tolerance) ?? Sampling(evidence, found, tolerance) ?? CheckOutcome.Passed
                : CheckOutcome.Unchecked(CheckReason.NotCalibrated));
    }

    /// <summary>What is wrong with the evidence by itself, before anything is re-run; null when nothing is (rules 1 and 2, and the token count).</summary>
    public static CheckOutcome? Stated(ReceiptEvidence evidence, Eip712Domain networkDomain) =>
        ReceiptCheck.Problem(evidence, networkDomain) ?? Fingerprints(evidence);

    private static CheckOutcome? Fingerprints(ReceiptEvidence evidence)
    {
        Receipt receipt = evidence.Receipt.Message;
        int[] tokens = [.. evidence.TokenIds()];
        return receipt.CompletionTokens != tokens.Length ? CheckOutcome.Fail(CheckReason.Counts, receipt.CompletionTokens, tokens.Length) // 3
            : !FingerprintSet.TryDecode(evidence.Fingerprints, out FingerprintSet? set, out _) || set.Root != receipt.FingerprintRoot
                ? CheckOutcome.Missing(CheckReason.OtherFingerprints)
            : set.Problem(new FingerprintPositions(evidence.Job.Message.StructHash()), tokens) is not null
                ? CheckOutcome.Fail(CheckReason.FingerprintPositions)
            : null;
    }

    private static CheckOutcome? Counts(ReceiptEvidence evidence, Rerun rerun) =>
        evidence.Receipt.Message.PromptTokens == rerun.PromptTokens ? null
            : CheckOutcome.Fail(CheckReason.Counts, evidence.Receipt.Message.PromptTokens, rerun.PromptTokens);

    private static CheckOutcome? Content(ReceiptEvidence evidence, TextRerun found)
    {
        int tokens = evidence.TokenIds().Count();
        if (found.Taken < tokens)
        {
            return CheckOutcome.Fail(CheckReason.BeyondEnd, tokens, found.Taken);
        }

        // What is held back until the end comes with an answer that ended, and not with one that was stopped before.
        string stated = string.Concat(evidence.Output.Select(static piece => piece.Text));
        string whole = string.Concat(found.Pieces);
        return stated == whole + found.Rest || (evidence.WasStopped && stated == whole) ? null : CheckOutcome.Fail(CheckReason.Text);
    }

    private static CheckOutcome? Ending(ReceiptEvidence evidence, TextRerun found, TextTolerance tolerance) =>
        evidence.WasStopped || found.Finish is not null || found.StopMargin <= tolerance.Margin ? null
            : CheckOutcome.Fail(CheckReason.Truncated, found.StopMargin, tolerance.Margin);

    private static CheckOutcome? Logprobs(ReceiptEvidence evidence, TextRerun found, TextTolerance tolerance)
    {
        _ = FingerprintSet.TryDecode(evidence.Fingerprints, out FingerprintSet? stated, out _);
        FingerprintDistance distance = FingerprintDistance.Between(stated!, found.Fingerprints);
        return distance.IsWithin(tolerance.Logprob) ? null : CheckOutcome.Fail(CheckReason.Logprobs, distance.Largest, tolerance.Logprob);
    }

    private static CheckOutcome? Sampling(ReceiptEvidence evidence, TextRerun found, TextTolerance tolerance)
    {
        long largest = found.Doubts.Select(static doubt => doubt.Margin).DefaultIfEmpty().Max();
        long allowed = tolerance.DoubtsIn(evidence.TokenIds().Count());
        return largest > tolerance.Margin ? CheckOutcome.Fail(CheckReason.Sampling, largest, tolerance.Margin)
            : found.Doubts.Count > allowed ? CheckOutcome.Fail(CheckReason.NearTies, found.Doubts.Count, allowed)
            : null;
    }
}
