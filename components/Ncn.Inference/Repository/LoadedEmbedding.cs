using Ncn.Inference.Embedding;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>A model with texts in and vectors out.</summary>
public sealed class LoadedEmbedding : LoadedModel
{
    internal LoadedEmbedding(ModelManifest manifest, ModelOffer offer, EmbeddingModel engine)
        : base(manifest, offer) => Engine = engine;

    /// <summary>Tokenizer and vectors.</summary>
    public EmbeddingModel Engine { get; }

    public override ValueTask DisposeAsync() => Engine.DisposeAsync();
}
