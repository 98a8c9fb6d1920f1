using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification.Checks;

/// <summary>What must hold before a re-run means anything: job, receipt, input and answer belong together and are signed.</summary>
public static class ReceiptCheck
{
    /// <summary>Null when they do.</summary>
    /// <param name="evidence">What was shown.</param>
    /// <param name="networkDomain">Domain of the network's messages.</param>
    public static CheckOutcome? Problem(ReceiptEvidence evidence, Eip712Domain networkDomain)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        InferenceJob job = evidence.Job.Message;
        Receipt receipt = evidence.Receipt.Message;
        return !evidence.Job.IsSignedBy(job.Gateway, networkDomain) ? CheckOutcome.Missing(CheckReason.JobNotSigned)
            : !evidence.Receipt.IsSignedBy(receipt.Node, networkDomain) ? CheckOutcome.Missing(CheckReason.ReceiptNotSigned)
            : !IsOf(receipt, job) ? CheckOutcome.Fail(CheckReason.OtherJob)
            : evidence.IsSealed ? CheckOutcome.Unchecked(CheckReason.Sealed)
            : Keccak256.Of(evidence.Input) != job.InputHash ? CheckOutcome.Missing(CheckReason.OtherInput)
            : evidence.OutputHash() != receipt.OutputHash ? CheckOutcome.Missing(CheckReason.OtherAnswer)
            : null;
    }

    private static bool IsOf(Receipt receipt, InferenceJob job) =>
        receipt.RequestId == job.RequestId && receipt.Attempt == job.Attempt && receipt.Node == job.Node && receipt.Gateway == job.Gateway
        && receipt.ModelDigest == job.ModelDigest && receipt.InputHash == job.InputHash && receipt.Seed == job.Seed;
}
