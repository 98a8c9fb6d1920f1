using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Ncn.Benchmarks.Reporting;

/// <summary>Where the figures come from.</summary>
/// <param name="Processor">Name of the CPU.</param>
/// <param name="Cores">Logical cores that this process may use.</param>
/// <param name="MemoryGib">Memory in GiB.</param>
/// <param name="Accelerator">Name of the GPU; null on the CPU.</param>
/// <param name="LoadBefore">Runnable tasks in the last minute before the start: on a busy machine only ratios mean anything.</param>
/// <param name="Provider">The execution provider that every contender used.</param>
/// <param name="Threads">Threads of every contender's runtime; 0 is its own choice.</param>
/// <param name="Versions">Of what was measured with.</param>
internal sealed record Machine(
    string Processor, int Cores, double MemoryGib, string? Accelerator, double? LoadBefore, string Provider, int Threads, IReadOnlyDictionary<string, string> Versions)
{
    public static Machine Describe(BenchmarkOptions options) => new(
        ProcessorName(), Environment.ProcessorCount, Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30), 1),
        options.Provider == "CUDA" ? AcceleratorName() : null, Load(), options.Provider, options.Threads,
        new Dictionary<string, string>
        {
            [".NET"] = Environment.Version.ToString(),
            ["ONNX Runtime"] = OrtEnv.Instance().GetVersionString(),
            ["ONNX Runtime GenAI"] = "0.15.2",
            ["system"] = RuntimeInformation.OSDescription,
        });

    /// <summary>What the allocator does with the weights, which every contender reads once for each step.</summary>
    public static string PagesNote() => Environment.GetEnvironmentVariable("GLIBC_TUNABLES") is { Length: > 0 } tunables
        ? $"All contenders are in one process, started with GLIBC_TUNABLES={tunables}; hugetlb=1, with which workers are started too, asks for transparent huge pages."
        : "GLIBC_TUNABLES is not set, so weights lie in small pages; workers, and `./ncn bench`, are started with glibc.malloc.hugetlb=1.";

    public override string ToString() =>
        $"{Processor}, {Cores} cores, {MemoryGib.ToString("0.#", CultureInfo.InvariantCulture)} GiB{(Accelerator is null ? "" : ", " + Accelerator)}; provider {Provider}{(Threads == 0 ? "" : $", {Threads} threads")}; "
        + string.Join(", ", Versions.Select(version => $"{version.Key} {version.Value}"))
        + (LoadBefore is { } load ? $"; load before: {load.ToString("0.0", CultureInfo.InvariantCulture)}" : "");

    private static string ProcessorName() =>
        Lines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static double? Load() =>
        Lines("/proc/loadavg").FirstOrDefault()?.Split(' ')[0] is { } load ? double.Parse(load, CultureInfo.InvariantCulture) : null;

    private static IEnumerable<string> Lines(string file) => File.Exists(file) ? File.ReadLines(file) : [];

    private static string AcceleratorName()
    {
        var start = new ProcessStartInfo("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"]) { RedirectStandardOutput = true };
        using Process query = Process.Start(start) ?? throw new InvalidOperationException("nvidia-smi could not be started: is there a GPU?");
        string name = query.StandardOutput.ReadToEnd().Trim();
        query.WaitForExit();
        return name;
    }
}
