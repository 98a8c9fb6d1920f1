using Ncn.Tests.Models;
using Ncn.Verification.Checks;

namespace Ncn.Attacks;

/// <summary>The decoder of 27 million parameters with random weights that the benchmarks use, with the tolerances that were measured for it.</summary>
internal static class BenchmarkModel
{
    public const string Name = "bench-decoder";

    /// <summary>Ids below this are plain tokens.</summary>
    public static int PlainTokens => DecoderShape.Benchmark.Vocabulary - 4;

    /// <summary>Writes it into a new folder.</summary>
    /// <param name="tolerances">The text of its tolerances; null for none.</param>
    public static string Write(string? tolerances) => Write(DecoderShape.Benchmark, tolerances);

    /// <summary>The same with other sizes.</summary>
    public static string Write(DecoderShape shape, string? tolerances)
    {
        string root = Directory.CreateTempSubdirectory("ncn-attacks-").FullName;
        string folder = DecoderFolder.Write(root, shape, Name);
        if (tolerances is not null)
        {
            File.WriteAllText(Path.Combine(folder, ModelTolerances.FileName), tolerances);
        }

        return root;
    }
}
