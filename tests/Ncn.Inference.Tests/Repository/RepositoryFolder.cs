using System.Text.Json.Nodes;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Tests.Models;

namespace Ncn.Inference.Tests.Repository;

/// <summary>A model repository in a temporary folder, with small models that load in milliseconds.</summary>
internal sealed class RepositoryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("ncn-repository-").FullName;

    /// <summary>Where copies of models must not stay.</summary>
    public string Staging { get; } = Directory.CreateTempSubdirectory("ncn-staging-").FullName;

    public InferenceOptions Options => new() { Slots = 2, StagingFolder = Staging };

    public void Dispose()
    {
        Directory.Delete(Root, recursive: true);
        Directory.Delete(Staging, recursive: true);
    }

    public string PathOf(string name, string version = "1") => Path.Combine(Root, name, version);

    /// <summary>A dense network from <paramref name="inputs"/> numbers to two; the seed makes another model of the same shape.</summary>
    public string WriteTensor(string name, string version = "1", ulong seed = 1, int inputs = 4)
    {
        string folder = Directory.CreateDirectory(PathOf(name, version)).FullName;
        MlpModel.Graph([inputs, 8, 2], seed).Save(Path.Combine(folder, "model.onnx"));
        WriteManifest(folder);
        return folder;
    }

    /// <summary>A manifest over what lies in the folder now.</summary>
    public static void WriteManifest(string folder, JsonObject? members = null)
    {
        var limits = new JsonObject { ["contextTokens"] = 0, ["maxBatch"] = 64, ["maxInputBytes"] = 1 << 16 };
        var version = new JsonObject { ["version"] = Path.GetFileName(folder) };
        foreach ((string member, JsonNode? value) in members ?? [])
        {
            version[member] = value?.DeepClone();
        }

        ModelFolder.WriteManifest(folder, Path.GetFileName(Path.GetDirectoryName(folder)!), ModelOffer.Tensor, limits, version);
    }

    public ModelRepository Load(params string[] names) => ModelRepository.Load(Root, Options, names);
}
