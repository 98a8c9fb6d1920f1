namespace Ncn.Verification.Checks;

/// <summary>What a check of one receipt came to.</summary>
public enum CheckResult
{
    /// <summary>The answer is what the promised model gives, within what honest machines differ.</summary>
    Passed,

    /// <summary>The node signed something that the promised model does not give.</summary>
    Failed,

    /// <summary>
    /// What the gateway showed is not what the node signed, or a part is missing. It counts as failed, against whom is decided by who can still
    /// show the right thing: the gateway took the receipt only with its evidence.
    /// </summary>
    Missing,

    /// <summary>Nobody can say: the answer is sealed, or no tolerance was measured for this model on these execution providers. Never a pass.</summary>
    Unchecked,
}

/// <summary>Why.</summary>
public enum CheckReason
{
    /// <summary>All checks passed.</summary>
    None,

    /// <summary>The job is not signed by its gateway.</summary>
    JobNotSigned,

    /// <summary>The receipt is not signed by its node.</summary>
    ReceiptNotSigned,

    /// <summary>The receipt is for another request, attempt, party, model, input or seed: a receipt that was shown before, or a swapped one.</summary>
    OtherJob,

    /// <summary>The input is not the one that was signed for.</summary>
    OtherInput,

    /// <summary>The answer that was shown is not the one that the receipt's output hash stands for.</summary>
    OtherAnswer,

    /// <summary>The fingerprints cannot be read, or are not those of the receipt's root.</summary>
    OtherFingerprints,

    /// <summary>The fingerprints are not of the positions that the job chooses, or of other tokens.</summary>
    FingerprintPositions,

    /// <summary>The input or the answer is none for this model: the re-run refused it.</summary>
    NoAnswer,

    /// <summary>The receipt states other token or row counts than there are.</summary>
    Counts,

    /// <summary>The text or its hash is not that of the tokens.</summary>
    Text,

    /// <summary>Tokens follow where the answer had ended, or cannot stand where they stand.</summary>
    BeyondEnd,

    /// <summary>It stops where neither the model, nor a stop condition, nor the length limit ends it.</summary>
    Truncated,

    /// <summary>Log-probabilities are further from the model's than honest machines differ.</summary>
    Logprobs,

    /// <summary>A token was not drawn from this model's distribution by the request's options and seed.</summary>
    Sampling,

    /// <summary>More tokens lie on the wrong side of a near tie than honest machines have.</summary>
    NearTies,

    /// <summary>The outputs have other names, types or shapes.</summary>
    Shape,

    /// <summary>An output differs by more than honest machines do.</summary>
    Values,

    /// <summary>The answer is sealed for its client.</summary>
    Sealed,

    /// <summary>The validator's own worker does not have the model.</summary>
    NoModel,

    /// <summary>No tolerance was measured for the model on this pair of execution providers.</summary>
    NotCalibrated,
}

/// <summary>The result of one check; the same evidence and re-run give the same outcome at every validator.</summary>
/// <param name="Result">What it came to.</param>
/// <param name="Reason">The first rule that was broken.</param>
/// <param name="Measured">What was found, in the rule's unit: counts; 1/4096 nat for log-probabilities; 1/1,048,576 nat for sampling; 1e-9 for values.</param>
/// <param name="Allowed">What would have passed, in the same unit.</param>
public readonly record struct CheckOutcome(CheckResult Result, CheckReason Reason, long Measured = 0, long Allowed = 0)
{
    /// <summary>All is well.</summary>
    public static CheckOutcome Passed => default;

    /// <summary>The validator's own worker refused the evidence as impossible: the node signed an answer that is none for its input.</summary>
    public static CheckOutcome NoAnswer => Fail(CheckReason.NoAnswer);

    /// <summary>True when it speaks against the work: failed, or missing.</summary>
    public bool CountsAsFailed => Result is CheckResult.Failed or CheckResult.Missing;

    internal static CheckOutcome Fail(CheckReason reason, long measured = 0, long allowed = 0) => new(CheckResult.Failed, reason, measured, allowed);

    internal static CheckOutcome Missing(CheckReason reason) => new(CheckResult.Missing, reason);

    /// <summary>Nobody can say, for this reason.</summary>
    public static CheckOutcome Unchecked(CheckReason reason) => new(CheckResult.Unchecked, reason);
}
