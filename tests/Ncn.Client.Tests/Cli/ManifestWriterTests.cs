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

        var written = Read(ManifestWriter.Write(folder, new ModelPrice(new(10), new(2), new(6), default), 16, 16384));
        var expected = Read(Path.Combine(shipped, "ncn-model.json"));
        foreach (var member in (string[])["name", "version", "kind", "files"])
        {
            Assert.True(JsonNode.DeepEquals(expected[member], written[member]), $"{member}: {written[member]}");
        }

        Assert.Equal("6", written["price"]!["perCompletionToken"]!.GetValue<string>());
        Assert.Equal(expected["limits"]!["contextTokens"]!.GetValue<int>(), written["limits"]!["contextTokens"]!.GetValue<int>());
    }

    [Fact]
    public void A_folder_without_a_model_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        Assert.Contains("neither", Assert.Throws<CliException>(() => ManifestWriter.Write(folder, ModelPrice.Free, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<CliException>(() => ManifestWriter.Write(folder + "-missing", ModelPrice.Free, 1, 1));
    }

    private static JsonObject Read(string path) => JsonNode.Parse(File.ReadAllText(path))!.AsObject();
}
