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
        EvidenceCall asked = call.Message;
        SignedCallPolicy.Check(call, asked.Validator, asked.Node, asked.IssuedAt, node.Address, node.NetworkDomain, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
        using IDisposable turn = _turns.TryEnter()
            ?? throw new JobRefusedException(JobRefusalReason.Busy, "This node shows eight receipts at a time and is at it; ask again.");
        KeptReceipt kept = keeper.Find(asked.Receipt)
            ?? throw new JobRefusedException(JobRefusalReason.NotKept, $"Nothing is kept of the receipt {asked.Receipt}.");
        if (!await validators.IsValidatorAsync(new SubnetId(kept.Subnet), asked.Validator, cancellationToken))
        {
            throw new JobRefusedException(JobRefusalReason.NotAllowed, $"{asked.Validator} is no consensus key of subnet {kept.Subnet}'s current set of validators.");
        }

        return new EvidenceReply { EvidenceJson = UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(kept.Evidence, ProtocolJson.Options)) };
    }
}
