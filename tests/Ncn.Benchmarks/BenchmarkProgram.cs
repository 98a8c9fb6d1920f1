using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks;

/// <summary>Runs what the command line names. Exit codes: 0 measured, 1 a benchmark failed, 2 a wrong command line.</summary>
internal static class BenchmarkProgram
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, Func<BenchmarkOptions, Task<BenchmarkReport>>> benchmarks)
    {
        BenchmarkOptions options;
        try
        {
            options = BenchmarkOptions.Parse(arguments);
        }
        catch (FormatException exception)
        {
            return Complain(exception.Message, 2);
        }

        IReadOnlyList<string> names = options.Names.Count > 0 ? options.Names : [.. benchmarks.Keys];
        if (names.FirstOrDefault(name => !benchmarks.ContainsKey(name)) is { } unknown)
        {
            return Complain($"'{unknown}' is not a benchmark; there are {string.Join(", ", benchmarks.Keys)}", 2);
        }

        bool failed = false;
        foreach (string name in names)
        {
            failed |= !await MeasuredAsync(name, benchmarks[name], options);
        }

        return failed ? 1 : 0;
    }

    private static async Task<bool> MeasuredAsync(string name, Func<BenchmarkOptions, Task<BenchmarkReport>> benchmark, BenchmarkOptions options)
    {
        try
        {
            BenchmarkReport report = await benchmark(options);
            report.Publish(options.Folder);
            return true;
        }
        catch (BenchmarkFailedException exception)
        {
            Complain($"{name} failed: {exception.Message}", 1);
            return false;
        }
    }

    private static int Complain(string message, int code)
    {
        Console.Error.WriteLine("bench: " + message);
        return code;
    }
}
