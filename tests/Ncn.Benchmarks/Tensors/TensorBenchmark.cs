using System.Diagnostics;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Tensors;

/// <summary>Dense networks through the worker's engine, beside ONNX Runtime alone and beside the engine without batching.</summary>
internal static class TensorBenchmark
{
    private const int Callers = 64;

    /// <summary>51 thousand weights, which stay in a core's own cache: the price of a call is everything.</summary>
    private static readonly TensorNetwork Small = new("small", [64, 256, 128, 10]);

    /// <summary>4.3 million weights (as many as MobileNet has), which do not: rows that share a run share the reading of the weights. 17 MB: the cores' common cache may hold them, or not.</summary>
    private static readonly TensorNetwork Medium = new("medium", [1024, 2048, 1024, 64]);

    /// <summary>16.9 million weights (two thirds of ResNet-50), 68 MB: they are read from memory.</summary>
    private static readonly TensorNetwork Large = new("large", [2048, 4096, 2048, 64]);

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        string root = Directory.CreateTempSubdirectory("ncn-bench-").FullName;
        try
        {
            Small.Write(root, Callers);
            Medium.Write(root, Callers);
            Large.Write(root, Callers);
            return await MeasureAsync(root, options);
        }
        finally
        {
            Directory.Delete(root, true);
        }
    }

    private static async Task<BenchmarkReport> MeasureAsync(string root, BenchmarkOptions options)
    {
        await using var small = new TensorPair(Small, root, options);
        await using var medium = new TensorPair(Medium, root, options);
        await using var large = new TensorPair(Large, root, options);
        using var bare = new BareSession(Small.File(root), Small.Widths, options);
        int rounds = options.Rounds(usual: 9);
        int calls = options.Quick ? 500 : 4000;
        var latency = new List<(double Engine, double Bare)>();
        for (int round = -1; round < rounds; round++)
        {
            (double Engine, double Bare) p50 = (await MedianAsync(small.Batched, calls), Median(bare, calls));
            await small.MeasureAsync(Callers, calls / 8, counts: round >= 0);
            await medium.MeasureAsync(Callers, calls / 64, counts: round >= 0);
            await large.MeasureAsync(Callers, Math.Max(1, calls / 256), counts: round >= 0);
            if (round >= 0) // the round before the first one is for warmth
            {
                latency.Add(p50);
            }
        }

        BenchmarkRow[] rows =
        [
            BenchmarkRow.Of("small network, one caller, p50, µs", "InferenceSession.Run", [.. latency.Select(pair => pair.Engine)], [.. latency.Select(pair => pair.Bare)], Goal.Most(3)),
            .. large.Rows(Callers, Goal.Least(4)), .. medium.Rows(Callers, Goal.Least(4)), .. small.Rows(Callers, goal: null),
        ];
        double difference = await DifferenceAsync(small.Batched, bare);
        return new BenchmarkReport("tensor", Machine.Describe(options), rounds, options.Quick, rows, Notes(calls, difference));
    }

    private static string[] Notes(int calls, double difference) =>
    [
        $"Dense layers of {string.Join(", ", Small.Widths)} (small), {string.Join(", ", Medium.Widths)} (medium) and {string.Join(", ", Large.Widths)} (large), float32, one row per request; {calls} calls in a row for the latency.",
        "InferenceSession.Run: input and names made once, output copied out, nothing else. Without batching: the manifest's batching.maxRows is 1.",
        "The medium network's 17 MB of weights may lie in the cache that the cores share, which is 32 MB on many servers and is shared with whoever else is on the machine: then reading them for each row costs little, and what batching can gain is bounded by arithmetic.",
        "The small network's run costs less than telling its caller, so batching cannot gain much there: those rows inform.",
        $"Largest difference between the engine's answers in a batch and the bare session's: {difference:0.0e+0} (checked to be below 1e-4).",
    ];

    private static async Task<double> MedianAsync(TensorEngine engine, int calls)
    {
        var times = new List<double>(calls);
        float[] row = BareSession.Row(Small.Widths[0], seed: 1);
        for (int call = 0; call < calls; call++)
        {
            long started = Stopwatch.GetTimestamp();
            await engine.RunAsync(row);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return Spread.Percentile([.. times.Order()], 0.5);
    }

    private static double Median(BareSession session, int calls)
    {
        var times = new List<double>(calls);
        session.Fill(BareSession.Row(Small.Widths[0], seed: 1));
        for (int call = 0; call < calls; call++)
        {
            long started = Stopwatch.GetTimestamp();
            session.Run();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return Spread.Percentile([.. times.Order()], 0.5);
    }

    /// <summary>Answers of callers that share runs, held against the bare session's.</summary>
    private static async Task<double> DifferenceAsync(TensorEngine engine, BareSession bare)
    {
        float[][] rows = [.. Enumerable.Range(0, Callers).Select(caller => BareSession.Row(Small.Widths[0], caller))];
        float[][] answers = await Task.WhenAll(rows.Select(row => Task.Run(() => engine.RunAsync(row))));
        double largest = 0;
        foreach ((float[] row, float[] answer) in rows.Zip(answers))
        {
            bare.Fill(row);
            largest = Math.Max(largest, bare.Run().Zip(answer).Max(pair => Math.Abs((double)pair.First - pair.Second)));
        }

        return largest < 1e-4 ? largest : throw new BenchmarkFailedException($"the engine's answers differ from the bare session's by {largest}");
    }
}
