using System.Diagnostics;

namespace Ncn.Benchmarks.Edge;

/// <summary>Programs that are run to their end.</summary>
internal static class Tool
{
    /// <summary>Its standard output. Throws <see cref="BenchmarkFailedException"/> with what it said when it fails.</summary>
    public static string Run(string file, IEnumerable<string> arguments, string? folder = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? string.Empty };
        using Process process = Process.Start(start) ?? throw new BenchmarkFailedException($"{file} cannot be started");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new BenchmarkFailedException($"{file} ended with {process.ExitCode}: {errors.Result.Trim()} {output.Trim()}");
    }
}
