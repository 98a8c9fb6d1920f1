using System.Diagnostics;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Tensors;

/// <summary>One network under many callers, with batching and without.</summary>
internal sealed class TensorPair(TensorNetwork network, string root, BenchmarkOptions options) : IAsyncDisposable
{
    private readonly List<(Load Batched, Load Single)> _rounds = [];

    public TensorEngine Batched { get; } = new(root, network.Batched, options);

    private TensorEngine Single { get; } = new(root, network.Single, options);

    /// <summary>One round: each in turn has all callers, each with so many calls.</summary>
    public async Task MeasureAsync(int callers, int calls, bool counts)
    {
        (Load, Load) round = (await LoadAsync(Batched, callers, calls), await LoadAsync(Single, callers, calls));
        if (counts)
        {
            _rounds.Add(round);
        }
    }

    public IEnumerable<BenchmarkRow> Rows(int callers, Goal? goal)
    {
        const string peer = "the engine without batching";
        yield return BenchmarkRow.Of($"{network.Name} network, {callers} callers, requests/s", peer, [.. _rounds.Select(round => round.Batched.PerSecond)], [.. _rounds.Select(round => round.Single.PerSecond)], goal);
        yield return BenchmarkRow.Of($"{network.Name} network, {callers} callers, CPU time per request, µs", peer, [.. _rounds.Select(round => round.Batched.ProcessorMicroseconds)], [.. _rounds.Select(round => round.Single.ProcessorMicroseconds)], goal: null);
    }

    public async ValueTask DisposeAsync()
    {
        await Batched.DisposeAsync();
        await Single.DisposeAsync();
    }

    private async Task<Load> LoadAsync(TensorEngine engine, int callers, int calls)
    {
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            float[] row = BareSession.Row(network.Widths[0], caller);
            for (int call = 0; call < calls; call++)
            {
                await engine.RunAsync(row);
            }
        })));
        double requests = callers * calls;
        return new Load(requests / Stopwatch.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / requests);
    }

    private sealed record Load(double PerSecond, double ProcessorMicroseconds);
}
