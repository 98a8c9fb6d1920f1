using System.Text.Json;
using Google.Protobuf;
using Ncn.ComputeWorker.Direct;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Scheduling;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Evidence;

/// <summary>Shows what this node keeps of its receipts, to validators: a few calls at a time, and never for money.</summary>
/// <remarks>
/// 1. The call is recent, for this node, and signed by who it names. 2. Something is kept. 3. The signer is a validator of the subnet that the work was
/// done in: prompts are in what it gets.
/// </remarks>
internal sealed class EvidenceDesk(NodeIdentity node, EvidenceKeeper keeper, ISubnetValidators validators, TimeProvider time)
{
    private readonly RequestSlots _turns = new(slots: 8, maxWaiting: 0);

    /// <exception cref="JobRefusedException">It is not shown; says why.</exception>
    public async Task<EvidenceReply> AnswerAsync(EvidenceRequest request, CancellationToken cancellationToken)
    {
        Signed<EvidenceCall> call = WireJson.ReadEvidenceCall(request.CallerJson);
        Check(call);
        using IDisposable turn = _turns.TryEnter()
            ?? throw new JobRefusedException(JobRefusalReason.Busy, "This node shows eight receipts at a time and is at it; ask again.");
        KeptReceipt kept = keeper.Find(call.Message.Receipt)
            ?? throw new JobRefusedException(JobRefusalReason.NotKept, $"Nothing is kept of the receipt {call.Message.Receipt}.");
        if (!await validators.IsValidatorAsync(new SubnetId(kept.Subnet), call.Message.Validator, cancellationToken))
        {
            throw new JobRefusedException(JobRefusalReason.NotAllowed, $"{call.Message.Validator} is no consensus key of subnet {kept.Subnet}'s current set of validators.");
        }

        return new EvidenceReply { EvidenceJson = UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(kept.Evidence, ProtocolJson.Options)) };
    }

    private void Check(Signed<EvidenceCall> call)
    {
        EvidenceCall asked = call.Message;
        ulong now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        if (asked.Node != node.Address || Math.Max(asked.IssuedAt, now) - Math.Min(asked.IssuedAt, now) > FingerprintPolicy.MaxAgeMilliseconds)
        {
            throw new JobRefusedException(
                JobRefusalReason.NotAuthentic, $"The call is for node {asked.Node} and of {asked.IssuedAt}; this is {node.Address}, its clock says {now}, and at most {FingerprintPolicy.MaxAgeMilliseconds} ms may lie between.");
        }

        if (!call.IsSignedBy(asked.Validator, node.NetworkDomain))
        {
            throw new JobRefusedException(JobRefusalReason.NotAuthentic, $"The call is not signed by {asked.Validator} for this network.");
        }
    }
}
