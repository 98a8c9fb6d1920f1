using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntimeGenAI;
using Ncn.Inference.Batching;
using Ncn.Inference.Repository;

namespace Ncn.Inference.Generation;

/// <summary>What a decoder consists of once it is loaded and tried out. The runtime belongs to the engine that is made from it.</summary>
internal sealed record DecoderParts(
    DecoderConfig Config, Model Library, TokenizerSession Tokenizer, IDecoderRuntime Runtime, BatchLimits Limits, bool IsBatchInvariant) : IDisposable
{
    /// <exception cref="InvalidDataException">Something cannot be used; the message says what.</exception>
    public static DecoderParts Load(string folder, ModelManifest manifest, InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(options);
        DecoderConfig config = DecoderConfig.Read(folder);
        int slots = manifest.Batching.Slots ?? options.Slots;
        DecoderRuntime runtime = Open(folder, config, slots, Math.Min(config.ContextTokens, manifest.Limits.ContextTokens), options);
        Model? library = null;
        try
        {
            BatchBits bits = BatchCheck.Try(runtime, config.Vocabulary);
            library = TokenizerModel.Open(folder);
            bool compact = bits == BatchBits.SameInAnyBatch;
            var limits = new BatchLimits(slots, runtime.ChunkTokens, manifest.Batching.MaxQueued ?? options.MaxWaiting)
            {
                Compact = compact,
                TileTokens = 2 * config.Graph.HeadSize,
                TogetherTokens = compact && BatchCheck.MayPrefillTogether(runtime, config.Vocabulary) ? runtime.TogetherTokens : 0,
            };
            return new DecoderParts(config, library, new TokenizerSession(library, folder, config.Vocabulary), runtime, limits, bits != BatchBits.Vary);
        }
        catch (Exception exception) when (exception is OnnxRuntimeGenAIException or OnnxRuntimeException or InvalidDataException)
        {
            library?.Dispose();
            runtime.Dispose();
            throw exception as InvalidDataException ?? new InvalidDataException($"ONNX Runtime cannot run the decoder: {exception.Message}", exception);
        }
    }

    /// <summary>The graph is changed where it allows that.</summary>
    private static DecoderRuntime Open(string folder, DecoderConfig config, int slots, int length, InferenceOptions options)
    {
        var runtime = new DecoderRuntime(folder, config, slots, length, options);
        if (!runtime.IsEdited || BatchCheck.MayRunEdited(runtime, config.Vocabulary))
        {
            return runtime;
        }

        runtime.Dispose();
        return new DecoderRuntime(folder, config, slots, length, options, GraphChanges.None);
    }

    public void Dispose()
    {
        Tokenizer.Dispose();
        Library.Dispose();
    }
}
