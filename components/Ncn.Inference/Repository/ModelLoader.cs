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

    public static LoadedModel Load(string folder, InferenceOptions options)
    {
        ModelManifest manifest = ModelManifest.Read(folder);
        if (manifest.Version != Path.GetFileName(folder) || manifest.Name != Path.GetFileName(Path.GetDirectoryName(folder)))
        {
            throw new InvalidDataException($"{ModelManifest.FileName} says {manifest.Name}/{manifest.Version}, which is not the folder's place");
        }

        ModelFiles.Verify(folder, manifest);
        return manifest.Kind switch
        {
            ModelOffer.Decoder => LoadDecoder(folder, manifest, options),
            ModelOffer.Embedding => LoadEmbedding(folder, manifest, options),
            _ => LoadTensors(folder, manifest, options),
        };
    }

    private static LoadedDecoder LoadDecoder(string folder, ModelManifest manifest, InferenceOptions options)
    {
        var engine = new DecoderModel(folder, manifest, options);
        ModelOffer offer = Offer(manifest, options, $"{Runtime()} {SamplingVersion} {DecoderRuntime.Version}", [], []);
        return new LoadedDecoder(manifest, offer with { ContextTokens = (uint)engine.ContextTokens }, engine);
    }

    private static LoadedTensorModel LoadTensors(string folder, ModelManifest manifest, InferenceOptions options)
    {
        var engine = new TensorModel(Path.Combine(folder, OnnxFile(manifest)), manifest.Name, manifest.Limits, manifest.Batching, options);
        ModelOffer offer = Offer(manifest, options, Runtime(), engine.Signature.Inputs, engine.Signature.Outputs);
        return new LoadedTensorModel(manifest, offer, engine);
    }

    private static LoadedEmbedding LoadEmbedding(string folder, ModelManifest manifest, InferenceOptions options)
    {
        var engine = new EmbeddingModel(folder, Path.Combine(folder, OnnxFile(manifest)), manifest, options);
        ModelOffer offer = Offer(manifest, options, $"{Runtime()} {EmbeddingModel.RulesOf(manifest)}", [], engine.Outputs);
        return new LoadedEmbedding(manifest, offer with { ContextTokens = (uint)engine.ContextTokens }, engine);
    }

    private static string OnnxFile(ModelManifest manifest)
    {
        string[] models = [.. manifest.Files.Keys.Where(path => path.EndsWith(".onnx", StringComparison.Ordinal))];
        return models.Length == 1 ? models[0] : models.FirstOrDefault(path => path == "model.onnx")
            ?? throw new InvalidDataException("the files of a tensor or embedding model must include model.onnx, or exactly one .onnx file");
    }

    private static ModelOffer Offer(
        ModelManifest manifest, InferenceOptions options, string runtime, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) =>
        new(
            ModelFiles.Digest(manifest, runtime, options.ExecutionProvider), manifest.Name, manifest.Version, manifest.Kind, manifest.Price,
            (uint)manifest.Limits.ContextTokens, (uint)manifest.Limits.MaxBatch, (uint)manifest.Limits.MaxInputBytes,
            options.ExecutionProvider, inputs, outputs);

    private static string Runtime() => $"onnxruntime/{OrtEnv.Instance().GetVersionString()}";
}
