using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Repository;
using Ncn.Protocol;

namespace Ncn.ComputeWorker;

/// <summary>The models that this node has loaded, at the prices that it asks.</summary>
internal sealed class NodeModels(ModelRepository repository, IOptions<NetworkOptions> network) : IAsyncDisposable
{
    /// <summary>What the node record says.</summary>
    public IReadOnlyList<ModelOffer> Offers => [.. repository.Models.Select(OfferOf)];

    /// <summary>A model's offer; on a network without prices, free.</summary>
    public ModelOffer OfferOf(LoadedModel model) =>
        network.Value.Network.FreeOfCharge ? model.Offer with { Price = ModelPrice.Free } : model.Offer;

    /// <exception cref="JobRefusedException">No model of this digest is loaded.</exception>
    public LoadedModel Find(ModelDigest digest) => repository.Find(digest) ?? throw new JobRefusedException(
        JobRefusalReason.UnknownModel, $"No model with the digest {digest} is loaded here; loaded are {string.Join(", ", repository.Models.Select(model => $"{model.Manifest.Name}/{model.Manifest.Version}"))}.");

    /// <summary>Loads the repository and tells the log what could not be loaded.</summary>
    public static ModelRepository Load(WorkerOptions options, ILogger logger)
    {
        string root = Path.GetFullPath(options.Models);
        if (!Directory.Exists(root))
        {
            throw new InvalidOperationException($"The model repository {root} does not exist: set Ncn:Worker:Models.");
        }

        options.Runtime.Slots = options.Slots;
        ModelRepository repository = ModelRepository.Load(root, options.Runtime, options.WantedModels);
        foreach (ModelFailure failure in repository.Failures)
        {
            logger.LogError("Model {Model} is not served: {Problem}", failure.Model, failure.Problem);
        }

        foreach (LoadedModel model in repository.Models)
        {
            logger.LogInformation("Serving {Model}/{Version} as {Digest}.", model.Manifest.Name, model.Manifest.Version, model.Offer.Digest);
        }

        return repository;
    }

    public ValueTask DisposeAsync() => repository.DisposeAsync();
}
