using Ncn.Inference;
using Ncn.Inference.Repository;
using Ncn.Tests.Models;

namespace Ncn.Attacks.Nodes;

/// <summary>The model that clients pay for, and what a cheat would rather run: one with fewer layers, one with weights of 8 bits.</summary>
internal sealed class ModelShelf : IAsyncDisposable
{
    private readonly ModelRepository _promised;
    private readonly ModelRepository _cheap;

    private ModelShelf(ModelRepository promised, ModelRepository cheap, string name)
    {
        (_promised, _cheap) = (promised, cheap);
        Promised = Find(promised, name);
        Smaller = Find(cheap, "smaller");
        Rounded = Find(cheap, "rounded");
    }

    public LoadedDecoder Promised { get; }

    public LoadedDecoder Smaller { get; }

    public LoadedDecoder Rounded { get; }

    /// <param name="root">A repository's folder.</param>
    /// <param name="name">The promised model in it.</param>
    /// <param name="layers">Layers that the smaller one lacks.</param>
    public static ModelShelf Load(string root, string name, int layers)
    {
        string source = Path.Combine(root, name, "1");
        string cheap = Directory.CreateTempSubdirectory("ncn-cheap-").FullName;
        try
        {
            DerivedDecoder.WithoutLayers(source, cheap, "smaller", layers);
            DerivedDecoder.Rounded(source, cheap, "rounded");
            return new ModelShelf(Repository(root, name), Repository(cheap), name);
        }
        finally
        {
            Directory.Delete(cheap, recursive: true);
        }
    }

    /// <summary>A repository that loads without trials: the files are our own.</summary>
    public static ModelRepository Repository(string root, params string[] names) => Repository(root, 0, names);

    /// <param name="threads">Of the runtime; 0 leaves the choice to it.</param>
    public static ModelRepository Repository(string root, int threads, params string[] names) =>
        ModelRepository.Load(root, new InferenceOptions { Slots = 8, MaxWaiting = 1024, Threads = threads }, names);

    public static LoadedDecoder Find(ModelRepository repository, string name) =>
        repository.Find(name) as LoadedDecoder
        ?? throw new InvalidOperationException($"{name} is not served: {string.Join("; ", repository.Failures.Select(failure => failure.Problem))}");

    public async ValueTask DisposeAsync()
    {
        await _promised.DisposeAsync();
        await _cheap.DisposeAsync();
    }
}
