using System.Text.Json.Nodes;

namespace Ncn.Tests.Models;

/// <summary>A decoder with random weights, in the layout of ONNX Runtime GenAI, with a manifest.</summary>
public static class DecoderFolder
{
    /// <summary>Writes the model to &lt;root&gt;/&lt;name&gt;/1 and returns that folder.</summary>
    /// <param name="root">The repository's folder.</param>
    /// <param name="shape">Its sizes; <see cref="DecoderShape.Tiny"/> takes milliseconds.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="members">More members for the manifest, such as "batching"; they replace those that are written by default.</param>
    public static string Write(string root, DecoderShape shape, string name = "decoder", JsonObject? members = null)
    {
        string folder = ModelFolder.Prepare(root, name);
        new DecoderGraph(shape).Build().Save(Path.Combine(folder, "model.onnx"));
        GenAiConfig.Write(folder, shape);
        TokenizerFiles.Write(folder, shape.Vocabulary, shape.Context);
        var limits = new JsonObject { ["contextTokens"] = shape.Context, ["maxBatch"] = 16, ["maxInputBytes"] = 65536 };
        ModelFolder.WriteManifest(folder, name, "decoder", limits, members);
        return folder;
    }
}
