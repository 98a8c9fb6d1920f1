using System.Text.Json.Nodes;
using Ncn.Tests.Models;
using Repository = Ncn.Tests.Anvil.Repository;

namespace Ncn.Soak.Node;

/// <summary>The worker's model repository: the shipped models, and written ones of every kind.</summary>
internal static class SoakModels
{
    public const string Decoder = "soak-decoder";
    public const string Network = "soak-network";
    public const string Embedding = "soak-embedding";

    /// <summary>The one that is unloaded and loaded all the time.</summary>
    public const string Spare = "soak-spare";

    public const int NetworkInputs = 16;
    public const int NetworkOutputs = 4;

    public static void Write(string root)
    {
        foreach (string name in (string[])["digits", "tiny-chat"])
        {
            Copy(Path.Combine(Repository.Root, "compute-worker", "models", name, "1"), Directory.CreateDirectory(Path.Combine(root, name, "1")).FullName);
        }

        DecoderFolder.Write(root, DecoderShape.Tiny with { Context = 512 }, Decoder, Batching("slots", 4));
        EmbeddingFolder.Write(root, new EmbeddingShape(), Embedding);
        ModelFolder.WriteTensor(root, Network, MlpModel.Graph([NetworkInputs, 32, NetworkOutputs]), Batching("maxRows", 32));
        ModelFolder.WriteTensor(root, Spare, MlpModel.Graph([NetworkInputs, 512, 512, NetworkOutputs], seed: 2));
    }

    private static JsonObject Batching(string member, int value) => new() { ["batching"] = new JsonObject { [member] = value } };

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
