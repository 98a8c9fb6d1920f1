using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Ncn.Tests.Models.Onnx;

namespace Ncn.Tests.Models;

/// <summary>Cheaper versions of a decoder, as somebody would make them who is paid for the real one.</summary>
public static class DerivedDecoder
{
    private const int Levels = 127;
    private const string Config = "genai_config.json";

    /// <summary>Without its last layers, which costs less to run. Written to &lt;root&gt;/&lt;name&gt;/1.</summary>
    public static string WithoutLayers(string source, string root, string name, int layers)
    {
        string folder = Copy(source, root, name);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, Config)))!;
        int count = (int)config["model"]!["decoder"]!["num_hidden_layers"]!;
        config["model"]!["decoder"]!["num_hidden_layers"] = count - layers;
        File.WriteAllText(Path.Combine(folder, Config), config.ToJsonString());
        ModelProto model = Read(source);
        for (int layer = count - 1; layer >= count - layers; layer--)
        {
            Remove(model.Graph, layer);
        }

        return Finish(model, source, folder, name);
    }

    /// <summary>With each column of each matrix rounded to 8-bit whole numbers and a scale. Written to &lt;root&gt;/&lt;name&gt;/1.</summary>
    public static string Rounded(string source, string root, string name)
    {
        string folder = Copy(source, root, name);
        ModelProto model = Read(source);
        foreach (TensorProto weight in model.Graph.Initializer.Where(weight => weight.Dims.Count == 2 && weight.Name is not ("cosines" or "sines")))
        {
            byte[] raw = weight.RawData.ToByteArray();
            Round(MemoryMarshal.Cast<byte, float>(raw.AsSpan()), (int)weight.Dims[1]);
            weight.RawData = UnsafeByteOperations.UnsafeWrap(raw);
        }

        return Finish(model, source, folder, name);
    }

    private static void Remove(GraphProto graph, int layer)
    {
        string prefix = $"layers.{layer}.";
        Drop(graph.Node, node => node.Name.StartsWith(prefix, StringComparison.Ordinal));
        Drop(graph.Initializer, weight => weight.Name.StartsWith(prefix, StringComparison.Ordinal));
        Drop(graph.Input, input => input.Name.StartsWith($"past_key_values.{layer}.", StringComparison.Ordinal));
        Drop(graph.Output, output => output.Name.StartsWith($"present.{layer}.", StringComparison.Ordinal));
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
            {
                node.Input[i] = node.Input[i].StartsWith(prefix, StringComparison.Ordinal) ? $"layers.{layer - 1}." + node.Input[i][prefix.Length..] : node.Input[i];
            }
        }
    }

    private static void Drop<T>(IList<T> list, Predicate<T> goes)
    {
        for (int i = list.Count - 1; i >= 0; i--)
        {
            if (goes(list[i]))
            {
                list.RemoveAt(i);
            }
        }
    }

    private static void Round(Span<float> values, int columns)
    {
        var scales = new float[columns];
        for (int i = 0; i < values.Length; i++)
        {
            scales[i % columns] = Math.Max(scales[i % columns], Math.Abs(values[i]) / Levels);
        }

        for (int i = 0; i < values.Length; i++)
        {
            float scale = scales[i % columns];
            values[i] = scale == 0 ? 0 : MathF.Round(values[i] / scale) * scale;
        }
    }

    private static string Copy(string source, string root, string name)
    {
        string folder = ModelFolder.Prepare(root, name);
        foreach (string file in Directory.EnumerateFiles(source, "*.json").Where(file => Path.GetFileName(file) is not ("ncn-model.json" or "accuracy.json" or "tolerances.json")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        return folder;
    }

    private static ModelProto Read(string folder)
    {
        using FileStream stream = File.OpenRead(Path.Combine(folder, "model.onnx"));
        return ModelProto.Parser.ParseFrom(stream);
    }

    private static string Finish(ModelProto model, string source, string folder, string name)
    {
        using (FileStream stream = File.Create(Path.Combine(folder, "model.onnx")))
        {
            model.WriteTo(stream);
        }

        JsonNode manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "ncn-model.json")))!;
        ModelFolder.WriteManifest(folder, name, "decoder", (JsonObject)manifest["limits"]!.DeepClone(), manifest["batching"] is { } batching ? new JsonObject { ["batching"] = batching.DeepClone() } : null);
        return folder;
    }
}
