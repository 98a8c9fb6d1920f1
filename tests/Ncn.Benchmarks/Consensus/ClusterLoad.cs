using System.Diagnostics;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Consensus;

/// <summary>What clients that each wait for their answer found.</summary>
/// <param name="PerSecond">Writes a second.</param>
/// <param name="Median">Microseconds of a write.</param>
/// <param name="CpuMicroseconds">Of all processes of the cluster, for one write.</param>
internal sealed record ClusterFigures(double PerSecond, double Median, double CpuMicroseconds);

/// <summary>Closed loops: each client writes again as soon as it has its answer.</summary>
internal static class ClusterLoad
{
    public static async Task<ClusterFigures> RunAsync(ICluster cluster, IClusterClient[] clients, TimeSpan warmUp, TimeSpan time, int prepared)
    {
        await TurnsAsync(clients, warmUp);
        foreach (IClusterClient client in clients)
        {
            client.Prepare(prepared / clients.Length);
        }

        double before = cluster.UsedMicroseconds;
        long start = Stopwatch.GetTimestamp();
        double[] times = await TurnsAsync(clients, time);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new ClusterFigures(times.Length / seconds, Spread.Of(times).Median, (cluster.UsedMicroseconds - before) / times.Length);
    }

    private static async Task<double[]> TurnsAsync(IClusterClient[] clients, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        double[][] all = await Task.WhenAll(clients.Select(client => Task.Run(() => TurnsAsync(client, start, time))));
        return [.. all.SelectMany(static times => times)];
    }

    private static async Task<double[]> TurnsAsync(IClusterClient client, long start, TimeSpan time)
    {
        var times = new List<double>();
        using var patience = new CancellationTokenSource(time + TimeSpan.FromSeconds(60));
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            long begun = Stopwatch.GetTimestamp();
            await client.WriteAsync(patience.Token);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
        }

        return [.. times];
    }
}
