using System.Text.Json;
using Ncn.Attacks.Honest;
using Ncn.Attacks.Nodes;
using Ncn.Attacks.Reporting;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Verification.Checks;

namespace Ncn.Attacks;

/// <summary>What the command line can ask for.</summary>
internal static class Commands
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Measures honest answers of a model on this machine's CPU and writes its tolerances beside it. Other pairs in the file stay.</summary>
    public static async Task CalibrateAsync(string folder, int samples)
    {
        ModelManifest manifest = ModelManifest.Read(folder);
        string root = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(folder).TrimEnd('/')))!;
        PairTolerance pair = manifest.Kind == ModelOffer.Decoder
            ? (await TextMeasurement.RunAsync(root, manifest.Name, samples / 4, plainTokens: 0)).Tolerance()
            : await TensorMeasurement.RunAsync(root, manifest.Name, samples);
        string file = Path.Combine(folder, ModelTolerances.FileName);
        ModelTolerances before = File.Exists(file) && ModelTolerances.Parse(await File.ReadAllTextAsync(file), out _) is { } read ? read : new ModelTolerances(manifest.Name, manifest.Version, []);
        var after = before with { Pairs = [.. before.Pairs.Where(other => (other.Stated, other.Found) != (pair.Stated, pair.Found)), pair] };
        await WriteAsync(file, after);
    }

    /// <summary>The same for the benchmark's decoder.</summary>
    public static async Task CalibrateBenchmarkAsync(string file, int samples)
    {
        TextMeasurement measured = await InBenchmarkAsync(null, samples / 4);
        await WriteAsync(file, new ModelTolerances(BenchmarkModel.Name, "1", [measured.Tolerance()]));
    }

    /// <summary>Measures honest answers against the tolerances that are there, for the tests of the sequential decision.</summary>
    public static async Task MeasureAsync(string folder, int samples, int benchmarkSamples)
    {
        Directory.CreateDirectory(folder);
        string models = Path.Combine(AppContext.BaseDirectory, "models");
        await WriteAsync(Path.Combine(folder, "tiny-chat.json"), (await TextMeasurement.RunAsync(models, "tiny-chat", samples / 4, plainTokens: 0)).ToJson());
        await WriteAsync(Path.Combine(folder, "bench-decoder.json"), (await InBenchmarkAsync(BenchmarkTolerances, benchmarkSamples / 4)).ToJson());
    }

    /// <summary>Runs every attack and prints the tables.</summary>
    public static async Task AttackAsync(int samples, int tokens)
    {
        await using (ModelShelf shelf = ModelShelf.Load(Path.Combine(AppContext.BaseDirectory, "models"), "tiny-chat", layers: 1))
        {
            Console.WriteLine(AttackTable.Markdown("tiny-chat", await AttackTable.RunAsync(shelf, samples, plainTokens: 0, (uint)tokens)));
        }

        string root = BenchmarkModel.Write(BenchmarkTolerances);
        try
        {
            await using ModelShelf shelf = ModelShelf.Load(root, BenchmarkModel.Name, layers: 2);
            Console.WriteLine(AttackTable.Markdown("decoder of 27 million parameters", await AttackTable.RunAsync(shelf, samples, BenchmarkModel.PlainTokens, (uint)tokens)));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The measured tolerances of the benchmark's decoder.</summary>
    public static string BenchmarkTolerances => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "tolerances", BenchmarkModel.Name + ".json"));

    private static async Task<TextMeasurement> InBenchmarkAsync(string? tolerances, int samples)
    {
        string root = BenchmarkModel.Write(tolerances);
        try
        {
            return await TextMeasurement.RunAsync(root, BenchmarkModel.Name, samples, BenchmarkModel.PlainTokens);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task WriteAsync(string file, object content)
    {
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(content, Json) + "\n");
        Console.WriteLine(file);
    }
}
