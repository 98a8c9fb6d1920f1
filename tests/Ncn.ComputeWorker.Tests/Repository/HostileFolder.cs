using System.Text;
using System.Text.Json.Nodes;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Tests.Models;

namespace Ncn.ComputeWorker.Tests.Repository;

/// <summary>A healthy model in a folder, about to be spoilt.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Name">Its name.</param>
/// <param name="Random">The case's own dice.</param>
internal sealed record HostileFolder(string Path, string Name, Random Random)
{
    public bool IsDecoder { get; private init; }

    public static HostileFolder Write(string root, string name, bool isDecoder, Random random)
    {
        string folder = isDecoder
            ? DecoderFolder.Write(root, DecoderShape.Tiny, name)
            : ModelFolder.WriteTensor(root, name, MlpModel.Graph([4, 8, 2]));
        return new HostileFolder(folder, name, random) { IsDecoder = isDecoder };
    }

    /// <summary>A file of the model that some runtime parses; decoders have several.</summary>
    public string SomeFile() => Pick<string>(IsDecoder ? ["model.onnx", "genai_config.json", "tokenizer.json", "tokenizer_config.json"] : ["model.onnx"]);

    public T Pick<T>(params T[] choices) => choices[Random.Next(choices.Length)];

    public void Change(string file, Func<byte[], byte[]> change)
    {
        string path = System.IO.Path.Combine(Path, file);
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
    }

    public void ChangeJson(string file, Action<JsonObject> change) => Change(file, content =>
    {
        JsonObject json = JsonNode.Parse(content)!.AsObject();
        change(json);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    });

    public void Manifest(Action<JsonObject> change) => ChangeJson(ModelManifest.FileName, change);

    /// <summary>Writes the digests of what lies there now, so that the runtime gets to see it.</summary>
    public void MakeDigestsRight() => Manifest(manifest =>
    {
        var files = new JsonObject();
        foreach (string file in Directory.EnumerateFiles(Path).Select(file => System.IO.Path.GetFileName(file)).Where(file => file != ModelManifest.FileName))
        {
            files[file] = ModelFiles.Digest(System.IO.Path.Combine(Path, file)).ToString();
        }

        manifest["files"] = files;
    });

    /// <summary>Another graph in place of the model's.</summary>
    public void Graph(OnnxGraph graph)
    {
        graph.Save(System.IO.Path.Combine(Path, "model.onnx"));
        MakeDigestsRight();
    }

    /// <summary>Raw bytes in place of the model's.</summary>
    public void Raw(byte[] model)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, "model.onnx"), model);
        MakeDigestsRight();
    }

    /// <summary>JSON that nests a list in a list.</summary>
    public static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    /// <summary>The kind in the manifest.</summary>
    public string Kind => IsDecoder ? ModelOffer.Decoder : ModelOffer.Tensor;
}
