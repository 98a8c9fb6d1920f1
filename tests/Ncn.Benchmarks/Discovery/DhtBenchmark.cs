using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Discovery;

/// <summary>Discovery: the real core in large simulated networks.</summary>
internal static class DhtBenchmark
{
    public static Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        var reports = DhtScale.Run(options.Quick);
        return Task.FromResult(new BenchmarkReport(
            "dht", Machine.Describe(options), 1, options.Quick, [.. DhtScale.Rows(reports)],
            ["Simulated networks: `tests/Ncn.Simulation/Discovery`, seed 1; a message takes 20 to 120 ms each way, one to a peer that is down is lost.", .. DhtScale.Notes(reports)]));
    }
}
