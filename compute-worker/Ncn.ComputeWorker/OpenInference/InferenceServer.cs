using Microsoft.Extensions.Options;
using Ncn.Inference.Repository;
using Ncn.OpenInference;
using Ncn.OpenInference.Messages;
using Ncn.Protocol;
using ModelInferRequest = Inference.ModelInferRequest;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>The Open Inference Protocol as this node serves it to its operator, whichever way a call came. Nothing here is paid.</summary>
internal sealed class InferenceServer(NodeModels models, IOptions<WorkerOptions> options, TimeProvider time)
{
    /// <summary>What the server says of itself.</summary>
    public static ServerDocument Document { get; } = new(
        "ncn-compute-worker", ServerDocument.SoftwareVersion, [ServerDocument.BinaryTensorData, ServerDocument.ModelRepository]);

    /// <summary>True when there is a model to call.</summary>
    public bool IsReady => models.Loaded.Count > 0;

    /// <summary>Metadata of a model; without a version, of its default one. All loaded versions are listed.</summary>
    /// <exception cref="InferenceRefusal">No such model is loaded.</exception>
    public ModelDocument Describe(string name, string? version)
    {
        LoadedModel model = Find(name, version);
        string[] versions = [.. models.Loaded.Where(other => other.Manifest.Name == name).Select(other => other.Manifest.Version)];
        return ModelDocument.Of(name, versions, TextModels.PlatformOf(model), SignatureOf(model));
    }

    /// <summary>Runs a model. Raw inputs are used where they lie.</summary>
    /// <exception cref="InferenceRefusal">Unknown model, or it did not answer in time.</exception>
    /// <exception cref="OpenInferenceException">The request is none.</exception>
    /// <exception cref="Ncn.Inference.InferenceException">The request does not fit the model, the model is busy, or it failed.</exception>
    public async Task<InferenceAnswer> InferAsync(ModelInferRequest request, CancellationToken cancellationToken)
    {
        LoadedModel model = Find(request.ModelName, request.ModelVersion);
        using IDisposable hold = model.Hold();
        TimeSpan limit = TimeSpan.FromSeconds(model.Manifest.Limits.MaxSeconds ?? options.Value.MaxJobSeconds);
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return InferenceAnswer.Of(request.Id, model.Manifest, await RunAsync(model, request, either.Token));
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw InferenceRefusal.TooLate(model.Manifest.Name, limit.TotalSeconds);
        }
    }

    /// <summary>A loaded model; without a version its default one.</summary>
    /// <exception cref="InferenceRefusal">No such model is loaded.</exception>
    public LoadedModel Find(string name, string? version) => models.Find(name, string.IsNullOrEmpty(version) ? null : version)
        ?? throw InferenceRefusal.NotFound(
            $"No model {Shown(name)}{(string.IsNullOrEmpty(version) ? "" : $" of version {Shown(version)}")} is loaded here; loaded are {string.Join(", ", models.Loaded.Select(model => $"{model.Manifest.Name}/{model.Manifest.Version}"))}.");

    private static async Task<IReadOnlyList<TensorValue>> RunAsync(LoadedModel model, ModelInferRequest request, CancellationToken cancellationToken)
    {
        if (request.Id.Length > CodecLimits.MaxIdLength)
        {
            throw new OpenInferenceException($"id must be a string of at most {CodecLimits.MaxIdLength} characters.");
        }

        IReadOnlyList<TensorValue> inputs = TensorContents.Read(request);
        string[] wanted = [.. request.Outputs.Select(output => output.Name)];
        return model switch
        {
            LoadedTensorModel tensors => await tensors.Engine.RunAsync(inputs, wanted, cancellationToken),
            LoadedDecoder decoder => await TextModels.GenerateAsync(decoder, request, inputs, wanted, cancellationToken),
            LoadedEmbedding embedding => await TextModels.EmbedAsync(embedding, request, inputs, wanted, cancellationToken),
            _ => throw InferenceRefusal.Invalid($"{model.Manifest.Name} is of the kind {model.Manifest.Kind}, which this node does not serve over the Open Inference Protocol; call it through a gateway."),
        };
    }

    private static TensorSignature SignatureOf(LoadedModel model) => model switch
    {
        LoadedTensorModel tensors => tensors.Engine.Signature,
        LoadedDecoder => TextModels.DecoderSignature,
        LoadedEmbedding embedding => TextModels.SignatureOf(embedding),
        _ => new TensorSignature(model.Offer.Inputs, model.Offer.Outputs),
    };

    private static string Shown(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
