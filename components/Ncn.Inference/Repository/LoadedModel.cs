using Ncn.Inference.Generation;
using Ncn.Inference.Scheduling;
using Ncn.Inference.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>A model that is in memory and can be called.</summary>
public abstract class LoadedModel : IAsyncDisposable
{
    private readonly RequestSlots _holds = new(int.MaxValue, maxWaiting: 0);

    private protected LoadedModel(ModelManifest manifest, ModelOffer offer) => (Manifest, Offer) = (manifest, offer);

    /// <summary>The manifest that it was loaded by.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>What a node record says of it; its digest covers what was really loaded.</summary>
    public ModelOffer Offer { get; }

    /// <summary>What was measured about honest differences with this model, as its folder says (<c>tolerances.json</c>); empty when it says nothing.</summary>
    public string Tolerances { get; internal set; } = "";

    /// <summary>The digest under which a node on another execution provider offers the same files.</summary>
    /// <param name="executionProvider"><see cref="InferenceOptions.Cpu"/> or <see cref="InferenceOptions.Cuda"/>.</param>
    public ModelDigest DigestOn(string executionProvider) => ModelLoader.Digest(Manifest, executionProvider);

    /// <summary>Keeps the model in memory until the result is disposed of: a request holds it from its first look at it to its end.</summary>
    /// <exception cref="InferenceException">The model is being unloaded.</exception>
    public IDisposable Hold() => _holds.TryEnter()
        ?? throw new InferenceException(InferenceFault.Stopping, $"The model {Manifest.Name}/{Manifest.Version} is being unloaded; try another node.");

    /// <summary>Refuses new requests from now on; completes when no request holds the model any more.</summary>
    internal Task CloseAsync() => _holds.CloseAsync();

    /// <summary>Refuses new requests, waits for those that hold it or run, then frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        await FreeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs the model once on the smallest input, so that one which cannot run is found before it is offered.</summary>
    /// <exception cref="InferenceException">It does not run.</exception>
    internal abstract Task TryOutAsync(CancellationToken cancellationToken);

    private protected abstract ValueTask FreeAsync();
}

/// <summary>A text model.</summary>
public sealed class LoadedDecoder : LoadedModel
{
    internal LoadedDecoder(ModelManifest manifest, ModelOffer offer, DecoderModel engine)
        : base(manifest, offer) => Engine = engine;

    /// <summary>Tokenizer and generation.</summary>
    public DecoderModel Engine { get; }

    /// <summary>Two tokens: the prefill gives one, a decode step the other.</summary>
    internal override async Task TryOutAsync(CancellationToken cancellationToken)
    {
        int first = Engine.Encode("Hello").FirstOrDefault();
        var request = new GenerationRequest { Prompt = new[] { first }, MaxTokens = Math.Min(2, Engine.ContextTokens - 1) };
        await foreach (GenerationEvent _ in Engine.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
        {
        }
    }

    private protected override ValueTask FreeAsync() => Engine.DisposeAsync();
}

/// <summary>A model with tensors in and out.</summary>
public sealed class LoadedTensorModel : LoadedModel
{
    /// <summary>An empty element of a BYTES tensor: its length.</summary>
    private const int LengthBytes = 4;

    internal LoadedTensorModel(ModelManifest manifest, ModelOffer offer, TensorModel engine)
        : base(manifest, offer) => Engine = engine;

    /// <summary>Signature and runs.</summary>
    public TensorModel Engine { get; }

    /// <summary>Zeros in the smallest shape. A model that refuses these sizes may well take others; one that ends the process takes none.</summary>
    internal override async Task TryOutAsync(CancellationToken cancellationToken)
    {
        try
        {
            using TensorAnswer answer = await Engine.RunAsync([.. Engine.Signature.Inputs.Select(Smallest)], [], cancellationToken).ConfigureAwait(false);
        }
        catch (InferenceException refusal) when (refusal.Fault is InferenceFault.InvalidRequest or InferenceFault.ModelFailed)
        {
            Trial = refusal.Message;
        }
    }

    /// <summary>What the model said to the smallest input; null when it ran, or was not tried out.</summary>
    internal string? Trial { get; private set; }

    private protected override ValueTask FreeAsync() => Engine.DisposeAsync();

    private static TensorValue Smallest(TensorSpec spec)
    {
        _ = TensorDatatypes.TryParse(spec.Datatype, out TensorDatatype datatype);
        long[] shape = [.. spec.Shape.Select(size => size < 0 ? 1 : size)];
        long elements = shape.Aggregate(1L, static (product, size) => checked(product * size));
        int width = datatype == TensorDatatype.BYTES ? LengthBytes : datatype.Width();
        return new TensorValue(spec.Name, datatype, shape, new byte[checked(elements * width)]);
    }
}
