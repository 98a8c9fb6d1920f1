using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Batching;
using Ncn.Inference.Embedding;
using Ncn.Inference.Generation;
using Ncn.Inference.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>Loads one model folder: manifest, digests, engine.</summary>
internal static class ModelLoader
{
    /// <summary>Changes whenever the same logits could give another token.</summary>
    private const string SamplingVersion = "ncn-sampling/2";

    /// <summary>Loads a model whose files were verified and looked at.</summary>
    /// <exception cref="InvalidDataException">The runtime cannot use them.</exception>
    public static LoadedModel Load(string folder, ModelManifest manifest, InferenceOptions options) => manifest.Kind switch
    {
        ModelOffer.Decoder => LoadDecoder(folder, manifest, options),
        ModelOffer.Embedding => LoadEmbedding(folder, manifest, options),
        ModelOffer.Tensor => LoadTensors(folder, manifest, options),
        _ => throw new InvalidDataException($"no engine of this node runs models of the kind {manifest.Kind}"),
    };

    /// <summary>The digest under which a model will be offered.</summary>
    public static ModelDigest Digest(ModelManifest manifest, InferenceOptions options) => Digest(manifest, options.ExecutionProvider);

    /// <summary>The digest under which it is offered by nodes of an execution provider.</summary>
    public static ModelDigest Digest(ModelManifest manifest, string executionProvider) =>
        ModelFiles.Digest(manifest, RuntimeOf(manifest), executionProvider);

    private static LoadedDecoder LoadDecoder(string folder, ModelManifest manifest, InferenceOptions options)
    {
        var engine = new DecoderModel(folder, manifest, options);
        ModelOffer offer = Offer(manifest, options, [], []);
        return new LoadedDecoder(manifest, offer with { ContextTokens = (uint)engine.ContextTokens }, engine);
    }

    private static LoadedTensorModel LoadTensors(string folder, ModelManifest manifest, InferenceOptions options)
    {
        var engine = new TensorModel(Path.Combine(folder, OnnxFile(manifest)), manifest.Name, manifest.Limits, manifest.Batching, options);
        ModelOffer offer = Offer(manifest, options, engine.Signature.Inputs, engine.Signature.Outputs);
        return new LoadedTensorModel(manifest, offer, engine);
    }

    private static LoadedEmbedding LoadEmbedding(string folder, ModelManifest manifest, InferenceOptions options)
    {
        var engine = new EmbeddingModel(folder, Path.Combine(folder, OnnxFile(manifest)), manifest, options);
        ModelOffer offer = Offer(manifest, options, [], engine.Outputs);
        return new LoadedEmbedding(manifest, offer with { ContextTokens = (uint)engine.ContextTokens }, engine);
    }

    private static string OnnxFile(ModelManifest manifest)
    {
        string[] models = [.. manifest.Files.Keys.Where(path => path.EndsWith(".onnx", StringComparison.Ordinal))];
        return models.Length == 1 ? models[0] : models.FirstOrDefault(path => path == "model.onnx")
            ?? throw new InvalidDataException("the files of a tensor or embedding model must include model.onnx, or exactly one .onnx file");
    }

    private static ModelOffer Offer(
        ModelManifest manifest, InferenceOptions options, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) =>
        new(
            Digest(manifest, options), manifest.Name, manifest.Version, manifest.Kind, manifest.Price,
            (uint)manifest.Limits.ContextTokens, (uint)manifest.Limits.MaxBatch, (uint)manifest.Limits.MaxInputBytes,
            options.ExecutionProvider, inputs, outputs)
        {
            Quantization = manifest.Quantization,
            Retention = manifest.Retention,
            Service = manifest.Service,
        };

    private static string RuntimeOf(ModelManifest manifest) => manifest.Kind switch
    {
        ModelOffer.Decoder => $"{Runtime()} {SamplingVersion} {DecoderRuntime.Version}",
        ModelOffer.Embedding => $"{Runtime()} {EmbeddingModel.RulesOf(manifest)}",
        _ => Runtime(),
    };

    private static string Runtime() => $"onnxruntime/{OrtEnv.Instance().GetVersionString()}";
}
