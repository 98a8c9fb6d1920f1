using System.Text.Json.Nodes;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Batching;

/// <summary>A decoder that this engine cannot run is refused when it loads, in words that say why.</summary>
public sealed class DecoderRefusalTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ncn-refusal-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Theory]
    [InlineData("filename", "../model.onnx", "must name a file beside")]
    [InlineData("filename", "other.onnx", "cannot load other.onnx")]
    [InlineData("num_hidden_layers", 1, "which this engine cannot serve")]
    [InlineData("num_hidden_layers", 3, "lack 'past_key_values.2.key'")]
    [InlineData("num_hidden_layers", 0, "must be 1 to")]
    [InlineData("num_hidden_layers", 2147483647, "must be 1 to")]
    [InlineData("num_key_value_heads", 4, "must be [any, 4, any, 16]")]
    [InlineData("head_size", 32, "must be [any, 2, any, 32]")]
    [InlineData("head_size", "x", "cannot be used")]
    public void A_configuration_that_does_not_fit_the_graph(string member, object value, string reason)
    {
        string folder = Written(decoder => decoder[member] = JsonValue.Create(value));
        Assert.Contains(reason, Refusal(folder).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_larger_than_the_logits()
    {
        string folder = Written(decoder => decoder.Parent!["vocab_size"] = 100_000);
        Assert.Contains("at least 100000", Refusal(folder).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_memory_than_the_operator_allows()
    {
        string folder = EngineModels.Written(_root);
        var options = new InferenceOptions { KvCacheMegabytes = 1 };
        var refusal = Assert.Throws<InvalidDataException>(() => new DecoderModel(folder, EngineModels.Manifest(folder, slots: 64), options));
        Assert.Contains("KvCacheMegabytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file()
    {
        string folder = EngineModels.Written(_root);
        string file = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..5000]);
        Assert.Contains("cannot load model.onnx", Refusal(folder).Message, StringComparison.Ordinal);
    }

    private static InvalidDataException Refusal(string folder) =>
        Assert.Throws<InvalidDataException>(() => new DecoderModel(folder, EngineModels.Manifest(folder, slots: 2), new InferenceOptions()));

    private string Written(Action<JsonNode> change)
    {
        string folder = EngineModels.Written(_root);
        string file = Path.Combine(folder, "genai_config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(file))!;
        change(config["model"]!["decoder"]!);
        File.WriteAllText(file, config.ToJsonString());
        return folder;
    }
}
