using System.Text;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace Ncn.Inference.Generation;

/// <summary>
/// Opens a folder's tokenizer and chat template. The library gives them only to a model that it has loaded, and the engine has the
/// weights in its own session already, so the library is handed a graph without weights in place of the decoder.
/// </summary>
internal static class TokenizerModel
{
    private const string FileName = "tokenizer-only.onnx";
    private const int Int64 = 7;

    /// <summary>The library keeps the address and not the bytes, so they must never move nor go.</summary>
    private static readonly byte[] Pinned = Pin(Graph());

    /// <summary>The library's model, for <see cref="TokenizerSession"/>; dispose of it after the session.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="isDecoder">False for a model of a type that the library does not know.</param>
    /// <exception cref="OnnxRuntimeGenAIException">The configuration cannot be used.</exception>
    public static Model Open(string folder, bool isDecoder = true)
    {
        using var config = new Config(folder);
        config.ClearProviders();
        config.AddModelData(FileName, Pinned);
        config.Overlay("{\"model\":{" + (isDecoder ? "" : "\"type\":\"llama\",") + "\"decoder\":{\"filename\":\"" + FileName + "\"}}}");
        return new Model(config);
    }

    private static byte[] Pin(byte[] bytes)
    {
        byte[] pinned = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(pinned, 0);
        return pinned;
    }

    /// <summary>The smallest ONNX model: its only output is its only input. Fields by the numbers of the published onnx.proto.</summary>
    private static byte[] Graph()
    {
        byte[] node = [.. Text(1, "input_ids"), .. Text(2, "logits"), .. Text(4, "Identity")];
        byte[] graph = [.. Message(1, node), .. Text(2, "tokenizer"), .. Message(11, Tensor("input_ids")), .. Message(12, Tensor("logits"))];
        return [.. Number(1, 8), .. Message(7, graph), .. Message(8, [.. Text(1, ""), .. Number(2, 17)])];
    }

    private static byte[] Tensor(string name) => [.. Text(1, name), .. Message(2, Message(1, [.. Number(1, Int64), .. Message(2, [])]))];

    private static byte[] Text(int field, string value) => Message(field, Encoding.UTF8.GetBytes(value));

    private static byte[] Message(int field, byte[] content) => [(byte)((field << 3) | 2), checked((byte)content.Length), .. content];

    private static byte[] Number(int field, byte value) => [(byte)(field << 3), value];
}
