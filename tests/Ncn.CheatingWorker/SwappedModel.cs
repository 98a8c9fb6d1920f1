using System.Runtime.CompilerServices;
using Ncn.ComputeWorker;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Tests.Models;

namespace Ncn.CheatingWorker;

/// <summary>A repository that offers a model by its true digest and answers with a smaller one: the same words, fewer layers.</summary>
internal static class SwappedModel
{
    private const string Promised = "tiny-chat";
    private const string Smaller = "smaller";
    private const int LayersLess = 2;

    public static ModelRepository Load(WorkerOptions options)
    {
        string root = Path.GetFullPath(options.Models);
        string cheap = Directory.CreateTempSubdirectory("ncn-cheap-").FullName;
        try
        {
            DerivedDecoder.WithoutLayers(Path.Combine(root, Promised, "1"), cheap, Smaller, LayersLess);
            options.Runtime.Slots = options.Slots;
            var promised = ModelRepository.Load(root, options.Runtime, [Promised]);
            EngineOf(Find(promised, Promised)) = Find(ModelRepository.Load(cheap, options.Runtime, [Smaller]), Smaller).Engine;
            return promised;
        }
        finally
        {
            Directory.Delete(cheap, recursive: true);
        }
    }

    private static LoadedDecoder Find(ModelRepository repository, string name) => repository.Find(name) as LoadedDecoder
        ?? throw new InvalidOperationException($"{name} cannot be loaded: {string.Join("; ", repository.Failures.Select(static failure => failure.Problem))}");

    // The worker has no way to lie; a cheat makes one.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Engine>k__BackingField")]
    private static extern ref DecoderModel EngineOf(LoadedDecoder model);
}
