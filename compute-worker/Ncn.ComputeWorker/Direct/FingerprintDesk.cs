using Google.Protobuf;
using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Network;
using Ncn.Inference;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Inference.Scheduling;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Direct;

/// <summary>Re-runs answers for validators and gateways: one pass over prompt and answer, one call at a time, and never for money.</summary>
/// <remarks>
/// 1. Who asks, for what, and when. 2. The model, on whichever execution provider the node ran it, and an input that it takes. 3. Of text:
/// committed tokens and answer fit the request. 4. One teacher-forced pass, in which the sampler draws at each place what it would have drawn.
/// 5. The fingerprints at the positions that the job chooses. 6. Of tensors and vectors: a plain run.
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
        FingerprintReply reply = input is JobInput.Generate generate
            ? await ReplayAsync(generate, job, [.. request.TokenIds], cancellationToken)
            : await RunAsync(input, job, request, model, cancellationToken);
        (reply.PromptTokens, reply.Rows) = (input.Ceiling.PromptTokens, input.Ceiling.Rows);
        (reply.StatedProvider, reply.Provider, reply.TolerancesJson) = (stated, model.Offer.ExecutionProvider, model.Tolerances);
        return reply;
    }

    private static async Task<FingerprintReply> ReplayAsync(JobInput.Generate asked, InferenceJob job, int[] delivered, CancellationToken cancellationToken)
    {
        int committed = asked.Request.Committed.Length;
        HashSet<int> wanted = [.. new FingerprintPositions(job.StructHash()).Of(delivered.Length).Select(position => committed + position)];
        ReplayReport report = await asked.Model.Engine.ReplayAsync(asked.Request, delivered, wanted.Contains, cancellationToken); // 3, 4
        FingerprintSet found = FingerprintSet.Of(report.Scored.Select(at => JobEvidence.Of(at.Position - committed, delivered[at.Position - committed], at.Top))); // 5
        return new FingerprintReply
        {
            Fingerprints = ByteString.CopyFrom(found.Encode()),
            Root = ByteString.CopyFrom(found.Root.ToArray()),
            Replay = ReplayWire.Of(report, committed),
        };
    }

    /// <summary>The same run that a job gets (6).</summary>
    private async Task<FingerprintReply> RunAsync(
        JobInput input, InferenceJob job, FingerprintRequest request, LoadedModel model, CancellationToken cancellationToken)
    {
        if (request.TokenIds.Count > 0)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, $"{model.Manifest.Name} is a {model.Manifest.Kind} model; its answers have no tokens.");
        }

        var reply = new FingerprintReply { Root = ByteString.CopyFrom(default(Hash32).ToArray()) };
        await foreach (JobChunk chunk in new JobOutput(node, job, input, model.Manifest).RunAsync(CancellationToken.None, cancellationToken))
        {
            reply.Tensors = ByteString.CopyFrom(chunk.Tensors.Span);
        }

        return reply;
    }

    private JobInput Parse(LoadedModel model, InferenceJob job, ReadOnlyMemory<byte> input) =>
        input.Length > models.OfferOf(model).MaxInputBytes
            ? throw new JobRefusedException(JobRefusalReason.Invalid, $"The input has {input.Length} bytes; {model.Manifest.Name} takes at most {models.OfferOf(model).MaxInputBytes}.")
            : JobInput.Parse(input, model, job.Seed);
}
