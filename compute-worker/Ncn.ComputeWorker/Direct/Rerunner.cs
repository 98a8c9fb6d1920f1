using Google.Protobuf;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Direct;

/// <summary>Runs a model over an answer that is checked.</summary>
/// <remarks>
/// Text: 1. Committed tokens and answer fit the request. 2. One teacher-forced pass, in which the sampler draws at each place what it would
/// have drawn. 3. The fingerprints at the positions that the job chooses. Tensors and vectors: 4. A plain run.
/// </remarks>
/// <param name="node">This node.</param>
/// <param name="model">What it has loaded; held by the caller.</param>
/// <param name="statedProvider">The execution provider that the job's model digest names.</param>
internal sealed class Rerunner(NodeIdentity node, LoadedModel model, string statedProvider)
{
    /// <param name="delivered">The tokens that the attempt delivered; none for tensors.</param>
    /// <exception cref="JobRefusedException">The answer is none for the input, or the model failed.</exception>
    /// <exception cref="Ncn.Inference.InferenceException">The same, from the engine.</exception>
    public async Task<FingerprintReply> RunAsync(InferenceJob job, JobInput input, int[] delivered, CancellationToken cancellationToken)
    {
        FingerprintReply reply = input is JobInput.Generate generate
            ? await ReplayAsync(generate, job, delivered, cancellationToken)
            : await InferAsync(input, job, delivered, cancellationToken);
        (reply.PromptTokens, reply.Rows) = (input.Ceiling.PromptTokens, input.Ceiling.Rows);
        (reply.StatedProvider, reply.Provider, reply.TolerancesJson) = (statedProvider, model.Offer.ExecutionProvider, model.Tolerances);
        return reply;
    }

    private static async Task<FingerprintReply> ReplayAsync(JobInput.Generate asked, InferenceJob job, int[] delivered, CancellationToken cancellationToken)
    {
        int committed = asked.Request.Committed.Length;
        HashSet<int> wanted = [.. new FingerprintPositions(job.StructHash()).Of(delivered.Length).Select(position => committed + position)];
        ReplayReport report = await asked.Model.Engine.ReplayAsync(asked.Request, delivered, wanted.Contains, cancellationToken); // 1, 2
        FingerprintSet found = FingerprintSet.Of(report.Scored.Select(at => JobEvidence.Of(at.Position - committed, delivered[at.Position - committed], at.Top))); // 3
        return new FingerprintReply
        {
            Fingerprints = ByteString.CopyFrom(found.Encode()),
            Root = ByteString.CopyFrom(found.Root.ToArray()),
            Replay = ReplayWire.Of(report, committed),
        };
    }

    private async Task<FingerprintReply> InferAsync(JobInput input, InferenceJob job, int[] delivered, CancellationToken cancellationToken)
    {
        if (delivered.Length > 0)
        {
            throw new JobRefusedException(JobRefusalReason.Invalid, $"{model.Manifest.Name} is a {model.Manifest.Kind} model; its answers have no tokens.");
        }

        var reply = new FingerprintReply { Root = ByteString.CopyFrom(default(Hash32).ToArray()) };
        await foreach (JobChunk chunk in new JobOutput(node, job, input, model.Manifest).RunAsync(CancellationToken.None, cancellationToken)) // 4
        {
            reply.Tensors = ByteString.CopyFrom(chunk.Tensors.Span);
        }

        return reply;
    }
}
