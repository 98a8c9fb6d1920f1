using Ncn.Inference.Repository;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>Index, load and unload of the model repository extension.</summary>
internal sealed class RepositoryCalls(NodeModels models)
{
    /// <summary>Every version in the repository and where it stands.</summary>
    public IReadOnlyList<ModelIndexLine> Index(bool onlyReady) =>
    [
        .. models.Index().Where(model => !onlyReady || model.State == ModelState.Ready)
            .Select(model => new ModelIndexLine(model.Name, model.Version, model.StateName, model.Reason)),
    ];

    /// <summary>Loads or reloads a model's versions.</summary>
    /// <exception cref="InferenceRefusal">A version could not be loaded; says why. What was served before still is.</exception>
    public async Task LoadAsync(string model, CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFailure> failures = await models.LoadAsync(model, cancellationToken);
        if (failures.Count > 0)
        {
            throw InferenceRefusal.Invalid($"{model} is not loaded: {string.Join("; ", failures.Select(failure => $"{failure.Model}: {failure.Problem}"))}.");
        }
    }

    /// <summary>Unloads all versions of a model, when their requests have ended.</summary>
    public Task UnloadAsync(string model, CancellationToken cancellationToken) => models.UnloadAsync(model, cancellationToken);
}
