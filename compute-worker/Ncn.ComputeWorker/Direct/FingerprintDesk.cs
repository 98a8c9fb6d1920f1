using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Network;
using Ncn.Inference;
using Ncn.Inference.Repository;
using Ncn.Inference.Scheduling;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Direct;

/// <summary>Re-runs answers for validators and gateways: one pass over prompt and answer, one call at a time, and never for money.</summary>
/// <remarks>
/// 1. Who asks, for what, and when. 2. The model, on whichever execution provider the node ran it, and an input that it takes. 3. The re-run
/// (<see cref="Rerunner"/>).
/// </remarks>
internal sealed class FingerprintDesk(
    NodeIdentity node, NodeModels models, KnownGateways gateways, IOptions<WorkerOptions> options, TimeProvider time)
{
    /// <summary>The one slot of re-runs; nobody waits for it.</summary>
    public RequestSlots Turn { get; } = new(slots: 1, maxWaiting: 0);

    /// <exception cref="JobRefusedException">The call may not be answered, or not now; says why.</exception>
    public async Task<FingerprintReply> AnswerAsync(FingerprintRequest request, CancellationToken cancellationToken)
    {
        Signed<InferenceJob> job = WireJson.ReadJob(request.JobJson);
        FingerprintPolicy.Check(WireJson.ReadCall(request.CallerJson), job, request.Input.Span, Terms()); // 1
        using IDisposable turn = Turn.TryEnter()
            ?? throw new JobRefusedException(JobRefusalReason.Busy, "This node re-runs one answer at a time and is at it; ask again, or another node.");
        try
        {
            return await FindAsync(job.Message, request, cancellationToken);
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }
    }

    private FingerprintTerms Terms() => new(
        node.Address, node.NetworkDomain, options.Value.ValidatorAddresses.Concat(gateways.Addresses).ToHashSet(),
        (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());

    private async Task<FingerprintReply> FindAsync(InferenceJob job, FingerprintRequest request, CancellationToken cancellationToken)
    {
        (LoadedModel model, string stated) = models.FindFiles(job.ModelDigest);
        using IDisposable hold = NodeModels.Hold(model);
        JobInput input = Parse(model, job, request.Input.Memory); // 2
        return await new Rerunner(node, model, stated).RunAsync(job, input, [.. request.TokenIds], cancellationToken); // 3
    }

    private JobInput Parse(LoadedModel model, InferenceJob job, ReadOnlyMemory<byte> input) =>
        input.Length > models.OfferOf(model).MaxInputBytes
            ? throw new JobRefusedException(JobRefusalReason.Invalid, $"The input has {input.Length} bytes; {model.Manifest.Name} takes at most {models.OfferOf(model).MaxInputBytes}.")
            : JobInput.Parse(input, model, job.Seed);
}
