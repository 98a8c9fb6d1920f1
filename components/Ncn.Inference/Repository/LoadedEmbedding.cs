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

    internal override async Task TryOutAsync(CancellationToken cancellationToken) =>
        await Engine.RunAsync(Engine.Prepare(["Hello"], dimensions: 0), cancellationToken).ConfigureAwait(false);

    private protected override ValueTask FreeAsync() => Engine.DisposeAsync();
}
