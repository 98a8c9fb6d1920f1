using Ncn.Inference.Generation;
using Ncn.Inference.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>A model that is in memory and can be called.</summary>
public abstract class LoadedModel : IAsyncDisposable
{
    private protected LoadedModel(ModelManifest manifest, ModelOffer offer) => (Manifest, Offer) = (manifest, offer);

    /// <summary>The manifest that it was loaded by.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>What a node record says of it; its digest covers what was really loaded.</summary>
    public ModelOffer Offer { get; }

    /// <summary>Waits for running requests, then frees the model.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>A text model.</summary>
public sealed class LoadedDecoder : LoadedModel
{
    internal LoadedDecoder(ModelManifest manifest, ModelOffer offer, DecoderModel engine)
        : base(manifest, offer) => Engine = engine;

    /// <summary>Tokenizer and generation.</summary>
    public DecoderModel Engine { get; }

    public override ValueTask DisposeAsync() => Engine.DisposeAsync();
}

/// <summary>A model with tensors in and out.</summary>
public sealed class LoadedTensorModel : LoadedModel
{
    internal LoadedTensorModel(ModelManifest manifest, ModelOffer offer, TensorModel engine)
        : base(manifest, offer) => Engine = engine;

    /// <summary>Signature and runs.</summary>
    public TensorModel Engine { get; }

    public override ValueTask DisposeAsync() => Engine.DisposeAsync();
}
