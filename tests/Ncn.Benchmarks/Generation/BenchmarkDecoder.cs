using System.Text.Json.Nodes;
using Ncn.Tests.Models;

namespace Ncn.Benchmarks.Generation;

/// <summary>The decoder of 27 million parameters, written once and kept beside the results.</summary>
internal static class BenchmarkDecoder
{
    public const string Name = "bench-decoder";

    /// <summary>Rows that the worker's engine may decode at once, as the model's manifest says: all requests of `batching`.</summary>
    public const int Slots = 32;

    private const string Mark = "complete";

    public static DecoderShape Shape => DecoderShape.Benchmark;

    /// <summary>Ids below this are plain tokens.</summary>
    public static int PlainTokens => Shape.Vocabulary - 4;

    /// <summary>The repository's folder, with the model in it; a folder is made anew when the writer of models has changed.</summary>
    public static string Root(BenchmarkOptions options)
    {
        string build = typeof(DecoderFolder).Assembly.ManifestModule.ModuleVersionId.ToString("N") + $"-{Slots}";
        string root = Path.Combine(options.Models, build);
        if (File.Exists(Path.Combine(root, Mark)))
        {
            return root;
        }

        if (Directory.Exists(options.Models))
        {
            Directory.Delete(options.Models, true);
        }

        var members = new JsonObject { ["batching"] = new JsonObject { ["slots"] = Slots } };
        DecoderFolder.Write(root, Shape, Name, members);
        File.WriteAllText(Path.Combine(root, Mark), "");
        return root;
    }

    public static string Folder(string root) => Path.Combine(root, Name, "1");
}
