using System.Diagnostics;
using System.Text.Json.Nodes;
using Ncn.Benchmarks.Reporting;
using Ncn.Tests.Models;

namespace Ncn.Benchmarks.Tensors;

/// <summary>A small network through the worker's engine, beside ONNX Runtime alone and beside the engine without batching.</summary>
internal static class TensorBenchmark
{
    private const int Callers = 64;
    private static readonly int[] Widths = [64, 256, 128, 10];

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        string root = Directory.CreateTempSubdirectory("ncn-bench-").FullName;
        try
        {
            Write(root, "batched", maxRows: Callers);
            Write(root, "single", maxRows: 1);
            return await MeasureAsync(root, options);
        }
        finally
        {
            Directory.Delete(root, true);
        }
    }

    private static async Task<BenchmarkReport> MeasureAsync(string root, BenchmarkOptions options)
    {
        await using var batched = new TensorEngine(root, "batched", options);
        await using var single = new TensorEngine(root, "single", options);
        using var bare = new BareSession(Path.Combine(root, "batched", "1", "model.onnx"), Widths, options);
        int rounds = options.Rounds(usual: 9);
        int calls = options.Quick ? 500 : 4000;
        var latency = new List<(double Engine, double Bare)>();
        var throughput = new List<(double Batched, double Single)>();
        for (int round = -1; round < rounds; round++)
        {
            (double Engine, double Bare) p50 = (await MedianAsync(batched, calls), Median(bare, calls));
            (double Batched, double Single) rate = (await RateAsync(batched, calls), await RateAsync(single, calls));
            if (round >= 0) // the round before the first one is for warmth
            {
                latency.Add(p50);
                throughput.Add(rate);
            }
        }

        BenchmarkRow[] rows =
        [
            BenchmarkRow.Of("one caller, p50, µs", "InferenceSession.Run", [.. latency.Select(pair => pair.Engine)], [.. latency.Select(pair => pair.Bare)], Goal.Most(3)),
            BenchmarkRow.Of($"{Callers} callers, requests/s", "the engine without batching", [.. throughput.Select(pair => pair.Batched)], [.. throughput.Select(pair => pair.Single)], Goal.Least(4)),
        ];
        double difference = await DifferenceAsync(batched, bare);
        string[] notes =
        [
            $"Dense layers of {string.Join(", ", Widths)}, float32, one row per request; {calls} requests per round and contender.",
            $"InferenceSession.Run: input and names made once, output copied out, nothing else. Without batching: the manifest's batching.maxRows is 1.",
            $"Largest difference between the engine's answers in a batch and the bare session's: {difference:0.0e+0} (checked to be below 1e-4).",
        ];
        return new BenchmarkReport("tensor", Machine.Describe(options), rounds, options.Quick, rows, notes);
    }

    private static void Write(string root, string name, int maxRows) =>
        ModelFolder.WriteTensor(root, name, MlpModel.Graph(Widths), new JsonObject { ["batching"] = new JsonObject { ["maxRows"] = maxRows } });

    private static async Task<double> MedianAsync(TensorEngine engine, int calls)
    {
        var times = new List<double>(calls);
        float[] row = BareSession.Row(Widths[0], seed: 1);
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
        session.Fill(BareSession.Row(Widths[0], seed: 1));
        for (int call = 0; call < calls; call++)
        {
            long started = Stopwatch.GetTimestamp();
            session.Run();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return Spread.Percentile([.. times.Order()], 0.5);
    }

    private static async Task<double> RateAsync(TensorEngine engine, int calls)
    {
        int perCaller = Math.Max(calls / 4, 200);
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            float[] row = BareSession.Row(Widths[0], caller);
            for (int call = 0; call < perCaller; call++)
            {
                await engine.RunAsync(row);
            }
        })));
        return Callers * perCaller / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Answers of callers that share runs, held against the bare session's.</summary>
    private static async Task<double> DifferenceAsync(TensorEngine engine, BareSession bare)
    {
        float[][] rows = [.. Enumerable.Range(0, Callers).Select(caller => BareSession.Row(Widths[0], caller))];
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
