using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>What is loaded, what is on its way in or out, and what failed. Readers get a snapshot and never wait.</summary>
internal sealed class RepositoryIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<VersionFolder, Entry> _entries = [];
    private volatile Snapshot _now = new([], []);

    /// <summary>Raised after the models that can be called have changed.</summary>
    public event Action? Changed;

    /// <summary>Models that can be called, by name, then version in natural order.</summary>
    public IReadOnlyList<LoadedModel> Ready => _now.Ready;

    /// <summary>The model with this digest: one that can be called before one that is being unloaded.</summary>
    public LoadedModel? Find(ModelDigest digest)
    {
        Snapshot now = _now;
        return now.Ready.FirstOrDefault(model => model.Offer.Digest == digest) ?? now.Leaving.FirstOrDefault(model => model.Offer.Digest == digest);
    }

    /// <summary>A version, or the highest that can be called; one that is being unloaded when there is no other.</summary>
    public LoadedModel? Find(string name, string? version)
    {
        Snapshot now = _now;
        return now.Ready.LastOrDefault(Fits) ?? now.Leaving.LastOrDefault(Fits);

        bool Fits(LoadedModel model) => model.Manifest.Name == name && (version is null || model.Manifest.Version == version);
    }

    /// <summary>What is loaded from a folder, with the hash of its manifest; null when nothing is.</summary>
    public (LoadedModel Model, Hash32 ManifestHash)? Current(VersionFolder folder)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(folder, out Entry? entry) && entry.Model is { } model ? (model, entry.ManifestHash) : null;
        }
    }

    /// <summary>Versions of a model that were ever loaded or tried.</summary>
    public IReadOnlyList<VersionFolder> Known(string name)
    {
        lock (_gate)
        {
            return [.. _entries.Keys.Where(folder => folder.Name == name).Order()];
        }
    }

    public void BeginLoading(VersionFolder folder) => Update(folder, static entry => entry.Loading = true);

    /// <summary>A load that changed nothing.</summary>
    public void Kept(VersionFolder folder) => Update(folder, static entry => (entry.Loading, entry.Problem) = (false, null));

    /// <summary>What was loaded before stays.</summary>
    public void Failed(VersionFolder folder, string problem) => Update(folder, entry => (entry.Loading, entry.Problem) = (false, problem));

    /// <summary>Puts a model in its place; what was there before is leaving, and returned.</summary>
    public LoadedModel? Loaded(VersionFolder folder, LoadedModel model, Hash32 manifestHash)
    {
        LoadedModel? before = null;
        Update(folder, entry =>
        {
            before = entry.Model;
            Leave(entry);
            (entry.Model, entry.ManifestHash, entry.Loading, entry.Problem) = (model, manifestHash, false, null);
        });
        Changed?.Invoke();
        return before;
    }

    /// <summary>Takes a model out; it is leaving, and returned.</summary>
    public LoadedModel? Removed(VersionFolder folder, string reason)
    {
        LoadedModel? before = null;
        Update(folder, entry =>
        {
            before = entry.Model;
            Leave(entry);
            (entry.Model, entry.Problem) = (null, reason);
        });
        if (before is not null)
        {
            Changed?.Invoke();
        }

        return before;
    }

    /// <summary>A leaving model is gone.</summary>
    public void Gone(VersionFolder folder, LoadedModel model) => Update(folder, entry => entry.Leaving.Remove(model));

    /// <summary>Drops what is known of a folder that is no longer there, once nothing of it is in memory.</summary>
    public void Forget(VersionFolder folder)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(folder, out Entry? entry) && entry is { Model: null, Leaving.Count: 0, Loading: false })
            {
                _entries.Remove(folder);
            }
        }
    }

    /// <summary>Where each known version stands, in order.</summary>
    public IReadOnlyList<ModelStatus> Statuses()
    {
        lock (_gate)
        {
            return [.. _entries.OrderBy(pair => pair.Key).Select(pair => pair.Value.Status(pair.Key))];
        }
    }

    private static void Leave(Entry entry)
    {
        if (entry.Model is { } model)
        {
            entry.Leaving.Add(model);
        }
    }

    private void Update(VersionFolder folder, Action<Entry> change)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(folder, out Entry? entry))
            {
                _entries[folder] = entry = new Entry();
            }

            change(entry);
            Entry[] ordered = [.. _entries.OrderBy(static pair => pair.Key).Select(static pair => pair.Value)];
            _now = new Snapshot([.. ordered.Select(static item => item.Model).OfType<LoadedModel>()], [.. ordered.SelectMany(static item => item.Leaving)]);
        }
    }

    private sealed record Snapshot(ImmutableArray<LoadedModel> Ready, ImmutableArray<LoadedModel> Leaving);

    private sealed class Entry
    {
        public LoadedModel? Model { get; set; }

        public Hash32 ManifestHash { get; set; }

        public bool Loading { get; set; }

        public string? Problem { get; set; }

        public List<LoadedModel> Leaving { get; } = [];

        public ModelStatus Status(VersionFolder folder)
        {
            ModelState state = Model is not null ? ModelState.Ready
                : Loading ? ModelState.Loading
                : Leaving.Count > 0 ? ModelState.Unloading : ModelState.Unavailable;
            return new ModelStatus(folder.Name, folder.Version, state, Problem ?? "");
        }
    }
}
