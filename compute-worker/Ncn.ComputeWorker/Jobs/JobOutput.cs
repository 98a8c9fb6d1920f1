using System.Runtime.CompilerServices;
using Google.Protobuf;
using Ncn.Inference;
using Ncn.Inference.Embedding;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.OpenInference.Messages;
using Ncn.Protocol;
using FinishReasons = Ncn.Inference.Generation.FinishReason;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Runs a job's model and turns its output into numbered, chained, signed chunks.</summary>
internal sealed class JobOutput(NodeIdentity node, InferenceJob job, JobInput input, ModelManifest model)
{
    private readonly OutputChain _chain = new(node, job, input.Ceiling.PromptTokens);

    /// <summary>"stop", "length" or "cancelled"; empty for tensor models and before the end.</summary>
    public string FinishReason { get; private set; } = "";

    /// <param name="stop">Ends a generation in good order; a tensor run, which is short, goes on to its end.</param>
    /// <param name="abort">Breaks the run off.</param>
    /// <exception cref="JobRefusedException">The model failed.</exception>
    public IAsyncEnumerable<JobChunk> RunAsync(CancellationToken stop, CancellationToken abort) => input switch
    {
        JobInput.Generate generate => GenerateAsync(generate, stop, abort),
        JobInput.Infer infer => InferAsync(infer, abort),
        JobInput.Embed embed => EmbedAsync(embed, abort),
        _ => throw new InvalidOperationException($"A job of the kind {input.GetType().Name} cannot be run."),
    };

    private async IAsyncEnumerable<JobChunk> GenerateAsync(
        JobInput.Generate generate, CancellationToken stop, [EnumeratorCancellation] CancellationToken abort)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, abort);
        await using IAsyncEnumerator<GenerationEvent> events =
            generate.Model.Engine.GenerateAsync(generate.Request with { EvidenceAt = static _ => true }, either.Token).GetAsyncEnumerator(CancellationToken.None);
        string heldText = "";
        FinishReason = "cancelled";
        while (await NextAsync(events, abort) && !stop.IsCancellationRequested)
        {
            if (events.Current is GenerationEvent.Token token)
            {
                yield return _chain.Add([token.TokenId], token.Text, last: false) with
                {
                    Fingerprint = JobEvidence.Of(token, generate.Request.Committed.Length),
                    Logprobs = LogprobWire.Of(token, generate.Model.Engine),
                };
            }
            else if (events.Current is GenerationEvent.Finished finished)
            {
                FinishReason = finished.Reason == FinishReasons.Stop ? "stop" : "length";
                heldText = finished.Text;
            }
        }

        if (heldText.Length > 0 || !_chain.LastIsSigned)
        {
            yield return _chain.Add([], heldText, last: true);
        }
    }

    private async IAsyncEnumerable<JobChunk> InferAsync(JobInput.Infer infer, [EnumeratorCancellation] CancellationToken abort)
    {
        string[] wanted = [.. infer.Request.Outputs.Select(output => output.Name)];
        yield return _chain.AddTensors(await InferAsync(infer, wanted, abort));
    }

    private async Task<byte[]> InferAsync(JobInput.Infer infer, string[] wanted, CancellationToken abort)
    {
        try
        {
            using TensorAnswer outputs = await infer.Model.Engine.RunAsync(infer.Inputs, wanted, abort);
            return TensorContents.Write(infer.Request.Id, model.Name, model.Version, outputs).ToByteArray();
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }
    }

    private async IAsyncEnumerable<JobChunk> EmbedAsync(JobInput.Embed embed, [EnumeratorCancellation] CancellationToken abort)
    {
        EmbeddingAnswer answer;
        try
        {
            answer = await embed.Model.Engine.RunAsync(embed.Input, abort);
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }

        yield return _chain.AddTensors(TensorContents.Write("", model.Name, model.Version, answer.ToTensors()).ToByteArray());
    }

    /// <summary>False at the end, and when the generation was stopped.</summary>
    private static async Task<bool> NextAsync(IAsyncEnumerator<GenerationEvent> events, CancellationToken abort)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (OperationCanceledException) when (!abort.IsCancellationRequested)
        {
            return false;
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }
    }
}
