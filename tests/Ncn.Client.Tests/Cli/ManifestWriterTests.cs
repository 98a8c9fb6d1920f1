using System.Text.Json.Nodes;
using Ncn.Cli;
using Ncn.Cli.Node;
using Ncn.Protocol;
using Ncn.Tests.Anvil;

namespace Ncn.Client.Tests.Cli;

/// <summary>The manifest that the command writes is the one that the shipped models carry.</summary>
public sealed class ManifestWriterTests
{
    [Theory]
    [InlineData("digits")]
    [InlineData("tiny-chat")]
    public void A_shipped_model_gets_the_digests_that_it_is_shipped_with(string name)
    {
        var shipped = Path.Combine(Repository.Root, "compute-worker", "models", name, "1");
        var folder = Directory.CreateDirectory(Path.Combine(Directory.CreateTempSubdirectory().FullName, name, "1")).FullName;
        foreach (var file in Directory.EnumerateFiles(shipped))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var written = Read(ManifestWriter.Write(folder, new ModelPrice(new(10), new(2), new(6), default), new ManifestLimits(16, 16384)));
        var expected = Read(Path.Combine(shipped, "ncn-model.json"));
        foreach (var member in (string[])["name", "version", "kind", "files"])
        {
            Assert.True(JsonNode.DeepEquals(expected[member], written[member]), $"{member}: {written[member]}");
        }

        Assert.Equal("6", written["price"]!["perCompletionToken"]!.GetValue<string>());
        Assert.Equal(expected["limits"]!["contextTokens"]!.GetValue<int>(), written["limits"]!["contextTokens"]!.GetValue<int>());
    }

    [Fact]
    public void Every_member_reaches_the_manifest_and_what_is_left_out_stays_out()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Directory.CreateTempSubdirectory().FullName, "vectors", "2")).FullName;
        File.WriteAllText(Path.Combine(folder, "genai_config.json"), """{"model":{"context_length":128}}""");
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{}");
        File.WriteAllText(Path.Combine(folder, "model.onnx"), "x");
        var limits = new ManifestLimits(8, 4096) { MaxSeconds = 30 };
        var written = Read(ManifestWriter.Write(folder, ModelPrice.Free, limits, new ManifestBatching(null, 32, 500, null), new ManifestEmbedding("mean", true, 384)));

        Assert.Equal("embedding", written["kind"]!.GetValue<string>());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"maxRows":32,"maxDelayMicroseconds":500}"""), written["batching"]), $"{written["batching"]}");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"pooling":"mean","normalize":true,"width":384}"""), written["embedding"]), $"{written["embedding"]}");
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse("""{"maxBatch":8,"maxInputBytes":4096,"contextTokens":128,"maxSeconds":30}"""), written["limits"]), $"{written["limits"]}");

        var offer = Read(ManifestWriter.Write(folder, ModelPrice.Free, limits, offer: new ManifestOffer("int4", "none", new ServiceLevel(250, 40))));
        Assert.Equal("int4", offer["quantization"]!.GetValue<string>());
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse("""{"firstTokenMilliseconds":250,"tokensPerSecond":40}"""), offer["service"]), $"{offer["service"]}");

        var plain = Read(ManifestWriter.Write(folder, ModelPrice.Free, limits));
        Assert.Equal("decoder", plain["kind"]!.GetValue<string>());
        Assert.False(plain.ContainsKey("batching") || plain.ContainsKey("service") || plain.ContainsKey("quantization") || plain.ContainsKey("embedding"));
    }

    [Fact]
    public void A_folder_without_a_model_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        Assert.Contains("neither", Assert.Throws<CliException>(() => ManifestWriter.Write(folder, ModelPrice.Free, new ManifestLimits(1, 1))).Message, StringComparison.Ordinal);
        Assert.Throws<CliException>(() => ManifestWriter.Write(folder, ModelPrice.Free, new ManifestLimits(1, 1), offer: new ManifestOffer("4 bits", null, null)));
        Assert.Throws<CliException>(() => ManifestWriter.Write(folder + "-missing", ModelPrice.Free, new ManifestLimits(1, 1)));
    }

    private static JsonObject Read(string path) => JsonNode.Parse(File.ReadAllText(path))!.AsObject();
}
