using System.Collections.Concurrent;
using Ncn.Inference.Providers;
using Ncn.Inference.Repository.Inspection;
using Ncn.Inference.Repository.Trials;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>
/// The models of one machine, from <c>&lt;root&gt;/&lt;name&gt;/&lt;version&gt;/ncn-model.json</c>, loaded, reloaded and unloaded while they
/// serve. A model that is broken is reported, and the others are served.
/// </summary>
/// <remarks>
/// A load: 1. Copy and verify the files. 2. Nothing changed: stop here. 3. Look at them in our own code. 4. Have another process try
/// them out. 5. Read them into memory. 6. Put the new model in place; the old one finishes its requests. A step that fails leaves
/// everything as it was.
/// </remarks>
public sealed class ModelRepository : IAsyncDisposable
{
    private readonly string _root;
    private readonly InferenceOptions _options;
    private readonly IModelTrial? _trial;
    private readonly RepositoryIndex _index = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<LoadedModel, Task> _leaving = new();
    private volatile bool _closed;

    private ModelRepository(string root, ProviderChoice provider, IModelTrial? trial) =>
        (_root, _options, ProviderNotice, _trial) = (root, provider.Options, provider.Notice, trial);

    /// <summary>Raised after a model came or went, on the thread that changed it.</summary>
    public event Action? Changed
    {
        add => _index.Changed += value;
        remove => _index.Changed -= value;
    }

    /// <summary>What can be called, by name, then version.</summary>
    public IReadOnlyList<LoadedModel> Models => _index.Ready;

    /// <summary>What could not be loaded at the start, and why. <see cref="Index"/> says how it stands now.</summary>
    public IReadOnlyList<ModelFailure> Failures { get; private set; } = [];

    /// <summary>Why models run on the CPU although CUDA was asked for; null when they run where they should.</summary>
    public string? ProviderNotice { get; }

    /// <summary>CPU or CUDA: what models really run on.</summary>
    public string ExecutionProvider => _options.ExecutionProvider;

    /// <summary>Loads the models below <paramref name="root"/>.</summary>
    /// <param name="root">The repository's folder.</param>
    /// <param name="options">How to run them.</param>
    /// <param name="names">Only models of these names; none means all.</param>
    /// <param name="trial">Tries a model out where it can do no harm, before it is loaded here; null trusts the files.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="ExecutionProviderException">CUDA was asked for and cannot be had.</exception>
    public static ModelRepository Load(string root, InferenceOptions options, IReadOnlyCollection<string> names, IModelTrial? trial = null)
    {
        var repository = new ModelRepository(Path.GetFullPath(root), ExecutionProviders.Choose(options), trial);
        var failures = new List<ModelFailure>();
        foreach (VersionFolder folder in VersionFolder.All(repository._root).Where(folder => names.Count == 0 || names.Contains(folder.Name)))
        {
            repository.TryLoad(folder, failures);
        }

        failures.AddRange(names.Where(name => repository._index.Known(name).Count == 0)
            .Select(name => new ModelFailure(name, "no folder of this name lies in the repository")));
        repository.Failures = failures;
        return repository;
    }

    /// <summary>The model with this digest, also while it is being unloaded (then <see cref="LoadedModel.Hold"/> says so); null when it is not loaded.</summary>
    public LoadedModel? Find(ModelDigest digest) => _index.Find(digest);

    /// <summary>A version of a model; without a version the highest in natural order. Also one that is being unloaded; null when none is loaded.</summary>
    public LoadedModel? Find(string name, string? version = null) => _index.Find(name, string.IsNullOrEmpty(version) ? null : version);

    /// <summary>Every version that lies in the repository or is in memory, and where it stands.</summary>
    public IReadOnlyList<ModelStatus> Index()
    {
        IReadOnlyList<ModelStatus> known = _index.Statuses();
        var named = known.Select(status => new VersionFolder(status.Name, status.Version)).ToHashSet();
        IEnumerable<ModelStatus> others = VersionFolder.All(_root).Where(folder => !named.Contains(folder))
            .Select(folder => new ModelStatus(folder.Name, folder.Version, ModelState.Unavailable, "it was not loaded"));
        return [.. known.Concat(others).OrderBy(status => new VersionFolder(status.Name, status.Version))];
    }

    /// <summary>
    /// Loads a model's versions: new and changed ones, and those that were unloaded; a version whose folder is gone is unloaded. Calls
    /// for one model take turns. A version that fails stays as it was.
    /// </summary>
    /// <returns>The versions that failed; none when all is well.</returns>
    /// <exception cref="InferenceException">Unknown model: nothing of this name lies in the repository. Stopping: the repository is closed.</exception>
    public Task<IReadOnlyList<ModelFailure>> LoadAsync(string name, CancellationToken cancellationToken) =>
        InTurnAsync(name, () => Task.Run<IReadOnlyList<ModelFailure>>(() => LoadVersions(name), CancellationToken.None), cancellationToken);

    /// <summary>Unloads all versions of a model: refuses new requests at once, and completes when running ones have ended and the memory is free.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="cancellationToken">Ends the wait; the unloading goes on.</param>
    /// <exception cref="InferenceException">Unknown model: nothing of this name was loaded or lies in the repository.</exception>
    public async Task UnloadAsync(string name, CancellationToken cancellationToken)
    {
        await InTurnAsync(
            name,
            () =>
            {
                foreach (VersionFolder folder in _index.Known(name))
                {
                    Remove(folder, "it was unloaded");
                }

                return Task.FromResult<IReadOnlyList<ModelFailure>>([]);
            },
            cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(_leaving.Where(pair => pair.Key.Manifest.Name == name).Select(pair => pair.Value)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for running requests, then frees all models.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        foreach (string name in _index.Statuses().Select(status => status.Name).Distinct())
        {
            using (await Turn.TakeAsync(_turns.GetOrAdd(name, static _ => new SemaphoreSlim(1)), CancellationToken.None).ConfigureAwait(false))
            {
                foreach (VersionFolder folder in _index.Known(name))
                {
                    Remove(folder, "the node is stopping");
                }
            }
        }

        await Task.WhenAll(_leaving.Values).ConfigureAwait(false);
        _trial?.Dispose();
    }

    private async Task<IReadOnlyList<ModelFailure>> InTurnAsync(
        string name, Func<Task<IReadOnlyList<ModelFailure>>> work, CancellationToken cancellationToken)
    {
        if (!ModelManifest.IsWord(name) || (_index.Known(name).Count == 0 && VersionFolder.Of(_root, name).Count == 0))
        {
            throw new InferenceException(InferenceFault.UnknownModel, $"No model of the name '{(name.Length <= 64 ? name : name[..64] + "…")}' lies in this node's repository.");
        }

        using IDisposable turn = await Turn.TakeAsync(_turns.GetOrAdd(name, static _ => new SemaphoreSlim(1)), cancellationToken).ConfigureAwait(false);
        return _closed ? throw new InferenceException(InferenceFault.Stopping, "The node is stopping.") : await work().ConfigureAwait(false);
    }

    private List<ModelFailure> LoadVersions(string name)
    {
        var failures = new List<ModelFailure>();
        IReadOnlyList<VersionFolder> folders = VersionFolder.Of(_root, name);
        foreach (VersionFolder folder in folders)
        {
            TryLoad(folder, failures);
        }

        foreach (VersionFolder folder in _index.Known(name).Except(folders))
        {
            Remove(folder, "its folder is no longer in the repository");
            _index.Forget(folder);
        }

        return failures;
    }

    /// <summary>The one place where a model's failure, of whatever kind, becomes words: no file may take the node down.</summary>
    private void TryLoad(VersionFolder folder, List<ModelFailure> failures)
    {
        _index.BeginLoading(folder);
        string staging = "";
        try
        {
            using StagedModel staged = StagedModel.Create(folder.PathIn(_root), _options); // 1
            staging = staged.Folder + Path.DirectorySeparatorChar;
            Place(folder, staged);
        }
        catch (Exception exception)
        {
            string problem = ModelProblem.Of(exception, staging, folder.PathIn(_root) + Path.DirectorySeparatorChar);
            bool serves = _index.Current(folder) is not null;
            _index.Failed(folder, serves ? $"the reload failed, and what was loaded before is served: {problem}" : problem);
            failures.Add(new ModelFailure(folder.ToString(), problem));
        }
    }

    private void Place(VersionFolder folder, StagedModel staged)
    {
        ModelManifest manifest = staged.Manifest;
        if ((manifest.Name, manifest.Version) != (folder.Name, folder.Version))
        {
            throw new InvalidDataException($"{ModelManifest.FileName} says {manifest.Name}/{manifest.Version}, which is not the folder's place");
        }

        if (_index.Current(folder) is { } current && current.ManifestHash == staged.ManifestHash)
        {
            _index.Kept(folder); // 2
            return;
        }

        ModelInspection.Check(staged, _options); // 3
        if (_trial?.Problem(new TrialOrder(staged.Folder, ModelLoader.Digest(manifest, _options), staged.Bytes, manifest, _options)) is { } problem)
        {
            throw new InvalidDataException(problem); // 4
        }

        LoadedModel model = ModelLoader.Load(staged.Folder, manifest, _options); // 5
        model.Tolerances = ModelFiles.ReadTolerances(folder.PathIn(_root));
        LeaveBehind(folder, _index.Loaded(folder, model, staged.ManifestHash)); // 6
    }

    private void Remove(VersionFolder folder, string reason) => LeaveBehind(folder, _index.Removed(folder, reason));

    private void LeaveBehind(VersionFolder folder, LoadedModel? model)
    {
        if (model is not null)
        {
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _leaving[model] = gone.Task;
            _ = model.CloseAsync(); // before the caller goes on: nobody gets in any more
            _ = Task.Run(() => LeaveAsync(folder, model, gone));
        }
    }

    private async Task LeaveAsync(VersionFolder folder, LoadedModel model, TaskCompletionSource gone)
    {
        try
        {
            await model.DisposeAsync().ConfigureAwait(false);
            _index.Gone(folder, model);
            if (!Directory.Exists(folder.PathIn(_root)))
            {
                _index.Forget(folder);
            }

            gone.SetResult();
        }
        catch (Exception exception)
        {
            gone.SetException(exception);
        }
        finally
        {
            _leaving.TryRemove(model, out _);
        }
    }

    /// <summary>One caller at a time.</summary>
    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        public static async Task<IDisposable> TakeAsync(SemaphoreSlim gate, CancellationToken cancellationToken)
        {
            await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new Turn(gate);
        }

        public void Dispose() => gate.Release();
    }
}
