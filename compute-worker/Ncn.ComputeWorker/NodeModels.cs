using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference;
using Ncn.Inference.Repository;
using Ncn.Inference.Repository.Trials;
using Ncn.Protocol;

namespace Ncn.ComputeWorker;

/// <summary>The models that this node has loaded, at the prices that it asks; they come and go while the node serves.</summary>
internal sealed class NodeModels : IAsyncDisposable
{
    private readonly ModelRepository _repository;
    private readonly IOptions<NetworkOptions> _network;
    private readonly ILogger<NodeModels> _logger;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _revision;

    public NodeModels(ModelRepository repository, IOptions<NetworkOptions> network, ILogger<NodeModels> logger)
    {
        (_repository, _network, _logger) = (repository, network, logger);
        repository.Changed += OnChanged;
    }

    /// <summary>What can be called, by name, then version.</summary>
    public IReadOnlyList<LoadedModel> Loaded => _repository.Models;

    /// <summary>What the node record says.</summary>
    public IReadOnlyList<ModelOffer> Offers => [.. _repository.Models.Select(OfferOf)];

    /// <summary>Rises with every change of <see cref="Offers"/>.</summary>
    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>A model's offer; on a network without prices, free.</summary>
    public ModelOffer OfferOf(LoadedModel model) =>
        _network.Value.Network.FreeOfCharge ? model.Offer with { Price = ModelPrice.Free } : model.Offer;

    /// <summary>The model; hold it (<see cref="Hold"/>) before its engine is called.</summary>
    /// <exception cref="JobRefusedException">No model of this digest is loaded.</exception>
    public LoadedModel Find(ModelDigest digest) => _repository.Find(digest) ?? throw new JobRefusedException(
        JobRefusalReason.UnknownModel, $"No model with the digest {digest} is loaded here; loaded are {string.Join(", ", _repository.Models.Select(model => $"{model.Manifest.Name}/{model.Manifest.Version}"))}.");

    /// <summary>The model whose files a digest names, on whichever execution provider, and that provider: a re-run needs not be made on the same.</summary>
    /// <exception cref="JobRefusedException">No such model is loaded.</exception>
    public (LoadedModel Model, string Provider) FindFiles(ModelDigest digest)
    {
        foreach (string provider in (string[])[InferenceOptions.Cpu, InferenceOptions.Cuda])
        {
            if (_repository.Models.FirstOrDefault(model => model.DigestOn(provider) == digest) is { } model)
            {
                return (model, provider);
            }
        }

        LoadedModel exact = Find(digest);
        return (exact, exact.Offer.ExecutionProvider);
    }

    /// <summary>A model by name; without a version its default, the highest in natural order. Null when it is not loaded.</summary>
    public LoadedModel? Find(string name, string? version) => _repository.Find(name, version);

    /// <summary>Keeps a model in memory until the result is disposed of.</summary>
    /// <exception cref="JobRefusedException">It is being unloaded.</exception>
    public static IDisposable Hold(LoadedModel model)
    {
        try
        {
            return model.Hold();
        }
        catch (InferenceException exception)
        {
            throw JobRefusedException.From(exception);
        }
    }

    /// <summary>Every version in the repository, and where it stands.</summary>
    public IReadOnlyList<ModelStatus> Index() => _repository.Index();

    /// <summary>Loads new and changed versions of a model; the network is told at once.</summary>
    /// <returns>The versions that could not be loaded; what they replaced is still served.</returns>
    /// <exception cref="InferenceException">Unknown model, or the node is stopping.</exception>
    public async Task<IReadOnlyList<ModelFailure>> LoadAsync(string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFailure> failures = await _repository.LoadAsync(name, cancellationToken);
        Log(_logger, failures);
        return failures;
    }

    /// <summary>Unloads all versions of a model; the network is told at once, and running requests end first.</summary>
    /// <exception cref="InferenceException">Unknown model, or the node is stopping.</exception>
    public Task UnloadAsync(string name, CancellationToken cancellationToken) => _repository.UnloadAsync(name, cancellationToken);

    /// <summary>Completes when <see cref="Offers"/> have changed since the last time. For one waiter.</summary>
    public async Task ChangedAsync(CancellationToken cancellationToken) => await _changes.Reader.ReadAsync(cancellationToken);

    /// <summary>Loads the repository and tells the log what could not be loaded.</summary>
    public static ModelRepository Load(WorkerOptions options, IModelTrial trial, ILogger logger)
    {
        string root = Path.GetFullPath(options.Models);
        if (!Directory.Exists(root))
        {
            throw new InvalidOperationException($"The model repository {root} does not exist: set Ncn:Worker:Models.");
        }

        options.Runtime.Slots = options.Slots;
        ModelRepository repository = ModelRepository.Load(root, options.Runtime, options.WantedModels, trial);
        if (repository.ProviderNotice is { } notice)
        {
            logger.LogWarning("{Notice}", notice);
        }

        Log(logger, repository.Failures);
        foreach (LoadedModel model in repository.Models)
        {
            logger.LogInformation(
                "Serving {Model}/{Version} on {Provider} as {Digest}.", model.Manifest.Name, model.Manifest.Version, repository.ExecutionProvider, model.Offer.Digest);
        }

        return repository;
    }

    public ValueTask DisposeAsync()
    {
        _repository.Changed -= OnChanged;
        return _repository.DisposeAsync();
    }

    private static void Log(ILogger logger, IReadOnlyList<ModelFailure> failures)
    {
        foreach (ModelFailure failure in failures)
        {
            logger.LogError("Model {Model} is not loaded: {Problem}", failure.Model, failure.Problem);
        }
    }

    private void OnChanged()
    {
        Interlocked.Increment(ref _revision);
        _changes.Writer.TryWrite(true);
        _logger.LogInformation("Models now: {Models}.", string.Join(", ", _repository.Models.Select(model => $"{model.Manifest.Name}/{model.Manifest.Version}")));
    }
}
