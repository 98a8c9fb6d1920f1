using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>A model that could not be loaded.</summary>
/// <param name="Model">Its folder, as name/version.</param>
/// <param name="Problem">What is wrong, for the operator.</param>
public sealed record ModelFailure(string Model, string Problem);

/// <summary>
/// The models of one machine, from <c>&lt;root&gt;/&lt;name&gt;/&lt;version&gt;/ncn-model.json</c>. A model that is broken is reported,
/// and the others are served.
/// </summary>
public sealed class ModelRepository : IAsyncDisposable
{
    private ModelRepository(IReadOnlyList<LoadedModel> models, IReadOnlyList<ModelFailure> failures) => (Models, Failures) = (models, failures);

    /// <summary>What can be called, by name, then version.</summary>
    public IReadOnlyList<LoadedModel> Models { get; }

    /// <summary>What could not be loaded, and why.</summary>
    public IReadOnlyList<ModelFailure> Failures { get; }

    /// <summary>Loads the models below <paramref name="root"/>.</summary>
    /// <param name="root">The repository's folder.</param>
    /// <param name="options">How to run them.</param>
    /// <param name="names">Only models of these names; none means all.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    public static ModelRepository Load(string root, InferenceOptions options, IReadOnlyCollection<string> names)
    {
        var models = new List<LoadedModel>();
        var failures = new List<ModelFailure>();
        foreach (string folder in Folders(root).Where(folder => names.Count == 0 || names.Contains(NameOf(folder))))
        {
            try
            {
                models.Add(ModelLoader.Load(folder, options));
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                failures.Add(new ModelFailure($"{NameOf(folder)}/{Path.GetFileName(folder)}", exception.Message));
            }
        }

        failures.AddRange(names.Where(name => models.All(model => model.Manifest.Name != name) && failures.All(failure => !failure.Model.StartsWith(name + "/", StringComparison.Ordinal)))
            .Select(name => new ModelFailure(name, "no folder of this name lies in the repository")));
        return new ModelRepository(models, failures);
    }

    /// <summary>The model with this digest; null when it is not loaded.</summary>
    public LoadedModel? Find(ModelDigest digest) => Models.FirstOrDefault(model => model.Offer.Digest == digest);

    /// <summary>Waits for running requests, then frees all models.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (LoadedModel model in Models)
        {
            await model.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Version folders that have a manifest, or an ONNX file and so ought to have one.</summary>
    private static IEnumerable<string> Folders(string root) =>
        Directory.EnumerateDirectories(Path.GetFullPath(root)).SelectMany(Directory.EnumerateDirectories)
            .Where(folder => File.Exists(Path.Combine(folder, ModelManifest.FileName)) || Directory.EnumerateFiles(folder, "*.onnx").Any())
            .Order(StringComparer.Ordinal);

    private static string NameOf(string folder) => Path.GetFileName(Path.GetDirectoryName(folder)!);
}
