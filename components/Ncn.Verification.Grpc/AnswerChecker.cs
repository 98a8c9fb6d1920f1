using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Verification.Checks;

namespace Ncn.Verification.Grpc;

/// <summary>Who asks a worker for re-runs.</summary>
/// <param name="Worker">The worker's own address.</param>
/// <param name="Caller">Whose key signs the calls: one of the worker's <c>Ncn:Worker:Validators</c>, or a gateway that it joined.</param>
/// <param name="Sign">Signs under the network's domain.</param>
/// <param name="NetworkDomain">Domain of the network's messages.</param>
public sealed record CheckParties(Address Worker, Address Caller, Func<FingerprintCall, Signed<FingerprintCall>> Sign, Eip712Domain NetworkDomain);

/// <summary>Checks one answer: the evidence by itself, then a re-run by a worker, then both against each other.</summary>
public sealed class AnswerChecker(Compute.ComputeClient worker, CheckParties parties)
{
    /// <summary>The outcome.</summary>
    /// <param name="evidence">What the gateway showed.</param>
    /// <param name="now">Unix milliseconds; the worker answers calls of the last minute only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RpcException">The worker cannot be reached, is busy, or failed: there is no verdict yet.</exception>
    /// <exception cref="InvalidDataException">The worker answers what it must not.</exception>
    public async Task<CheckOutcome> CheckAsync(ReceiptEvidence evidence, ulong now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        if (ReceiptCheck.Problem(evidence, parties.NetworkDomain) is { } problem)
        {
            return problem;
        }

        try
        {
            FingerprintReply reply = await worker.FingerprintAsync(Request(evidence, now), cancellationToken: cancellationToken).ConfigureAwait(false);
            return Compare(evidence, RerunReader.Read(reply));
        }
        catch (RpcException refusal) when (refusal.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound)
        {
            return refusal.StatusCode == StatusCode.NotFound ? CheckOutcome.Unchecked(CheckReason.NoModel) : CheckOutcome.NoAnswer;
        }
    }

    private static CheckOutcome Compare(ReceiptEvidence evidence, Rerun rerun) => rerun.Text is not null
        ? TextCheck.Compare(evidence, rerun)
        : TensorCheck.Compare(evidence, Tensors(evidence), rerun);

    private static IReadOnlyList<TensorValue>? Tensors(ReceiptEvidence evidence) =>
        evidence.Output is [{ Tensors: { } answer }] ? TensorReader.Read(ByteString.CopyFrom(answer)) : null;

    private FingerprintRequest Request(ReceiptEvidence evidence, ulong now)
    {
        var call = new FingerprintCall(parties.Worker, parties.Caller, evidence.Job.Message.StructHash(), now);
        var request = new FingerprintRequest
        {
            JobJson = JsonSerializer.Serialize(evidence.Job, ProtocolJson.Options),
            CallerJson = JsonSerializer.Serialize(parties.Sign(call), ProtocolJson.Options),
            Input = UnsafeByteOperations.UnsafeWrap(evidence.Input),
        };
        request.TokenIds.AddRange(evidence.TokenIds());
        return request;
    }
}
