using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Protocol.Cryptography;

namespace Ncn.Tests.Models;

/// <summary>A folder that a model repository loads: files, and a manifest with their digests.</summary>
public static class ModelFolder
{
    internal static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a tensor model to &lt;root&gt;/&lt;name&gt;/1 and returns that folder.</summary>
    /// <param name="root">The repository's folder.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="graph">What it computes.</param>
    /// <param name="members">More members for the manifest, such as "batching"; they replace those that are written by default.</param>
    public static string WriteTensor(string root, string name, OnnxGraph graph, JsonObject? members = null)
    {
        string folder = Prepare(root, name);
        graph.Save(Path.Combine(folder, "model.onnx"));
        var limits = new JsonObject { ["contextTokens"] = 0, ["maxBatch"] = 256, ["maxInputBytes"] = 1 << 20 };
        WriteManifest(folder, name, "tensor", limits, members);
        return folder;
    }

    /// <summary>Writes the manifest over the files that lie in the folder now.</summary>
    public static void WriteManifest(string folder, string name, string kind, JsonObject limits, JsonObject? members = null)
    {
        var files = new JsonObject();
        foreach (string file in Directory.EnumerateFiles(folder).Where(file => Path.GetFileName(file) != "ncn-model.json").Order(StringComparer.Ordinal))
        {
            files[Path.GetFileName(file)] = Digest(file);
        }

        var manifest = new JsonObject
        {
            ["name"] = name,
            ["version"] = "1",
            ["kind"] = kind,
            ["files"] = files,
            ["price"] = new JsonObject { ["perRequest"] = "10", ["perPromptToken"] = "2", ["perCompletionToken"] = "6", ["perInputRow"] = "1" },
            ["limits"] = limits,
        };
        foreach ((string member, JsonNode? value) in members ?? [])
        {
            manifest[member] = value?.DeepClone();
        }

        File.WriteAllText(Path.Combine(folder, "ncn-model.json"), manifest.ToJsonString(Indented) + "\n");
    }

    internal static string Prepare(string root, string name)
    {
        string folder = Path.Combine(root, name, "1");
        return Directory.CreateDirectory(folder).FullName;
    }

    private static string Digest(string file)
    {
        using FileStream stream = File.OpenRead(file);
        var hash = new IncrementalKeccak256();
        var buffer = new byte[1 << 20];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            hash.Append(buffer.AsSpan(0, read));
        }

        return hash.Finish().ToString();
    }
}
