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
/// 1. Who asks, for what, and when. 2. The model, and an input that it takes. 3. Committed tokens and answer fit its context. 4. One
/// teacher-forced pass. 5. The fingerprints at the positions that the job chooses.
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
            FingerprintSet found = await FindAsync(job.Message, request, cancellationToken);
            return new FingerprintReply { Fingerprints = ByteString.CopyFrom(found.Encode()), Root = ByteString.CopyFrom(found.Root.ToArray()) };
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }
    }

    private FingerprintTerms Terms() => new(
        node.Address, node.NetworkDomain, options.Value.ValidatorAddresses.Concat(gateways.Addresses).ToHashSet(),
        (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());

    private async Task<FingerprintSet> FindAsync(InferenceJob job, FingerprintRequest request, CancellationToken cancellationToken)
    {
        LoadedModel model = models.Find(job.ModelDigest);
        using IDisposable hold = NodeModels.Hold(model);
        (DecoderModel engine, GenerationRequest asked) = Parse(model, job, request.Input.Memory); // 2
        int[] completion = [.. asked.Committed.Span, .. request.TokenIds];
        if (engine.Problem(asked with { Committed = completion }) is { } problem)
        {
            throw problem; // 3
        }

        int committed = asked.Committed.Length;
        HashSet<int> wanted = [.. new FingerprintPositions(job.StructHash()).Of(request.TokenIds.Count).Select(position => committed + position)];
        IReadOnlyList<ScoredPosition> scored = wanted.Count == 0 ? []
            : await engine.ScoreAsync(asked.Prompt, completion, wanted.Contains, cancellationToken); // 4
        return FingerprintSet.Of(scored.Select(at => JobEvidence.Of(at.Position - committed, completion[at.Position], at.Top))); // 5
    }

    private (DecoderModel Engine, GenerationRequest Request) Parse(LoadedModel model, InferenceJob job, ReadOnlyMemory<byte> input)
    {
        if (input.Length > models.OfferOf(model).MaxInputBytes)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, $"The input has {input.Length} bytes; {model.Manifest.Name} takes at most {models.OfferOf(model).MaxInputBytes}.");
        }

        return JobInput.Parse(input, model, job.Seed) is JobInput.Generate generate
            ? (generate.Model.Engine, generate.Request)
            : throw new JobRefusedException(JobRefusalReason.Invalid, $"{model.Manifest.Name} is a {model.Manifest.Kind} model; only answers of tokens have fingerprints.");
    }
}
