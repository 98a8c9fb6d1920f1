using System.Diagnostics;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Vouchers;

/// <summary>One voucher: what the gateway and its ledger do with it, beside viem's verifyTypedData.</summary>
internal static class VoucherBenchmark
{
    private const int Batch = 20;

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        int rounds = options.Rounds(usual: 7);
        var desk = new VoucherDesk();
        await using var viem = await ViemVerifier.StartAsync(desk.Sample(), desk.Signer);
        var ours = new List<Cost>();
        var recovering = new List<Cost>();
        var exact = new List<Cost>();
        var peers = new List<Cost>();
        for (int round = -1; round < rounds; round++)
        {
            Cost known = Measure(desk.TakeOne, options.Quick ? 500 : 20_000);
            Cost ledger = Measure(desk.CheckWhole, options.Quick ? 500 : 20_000);
            Cost stranger = Measure(desk.TakeOneOfAStranger, options.Quick ? 500 : 10_000);
            Cost peer = await viem.MeasureAsync(options.Quick ? 50 : 1_000);
            if (round >= 0) // the round before the first one is for warmth
            {
                ours.Add(known);
                exact.Add(ledger);
                recovering.Add(stranger);
                peers.Add(peer);
            }
        }

        double[] limit = [.. ours.Select(static _ => 70.0)];
        BenchmarkRow[] rows =
        [
            Row("a voucher of a known payer, all in, µs", "viem verifyTypedData", ours, peers, static cost => cost.Wall, Goal.Most(1.0 / 25)),
            BenchmarkRow.Of("the same, µs", "70 µs", [.. ours.Select(static cost => cost.Wall)], limit, Goal.Most(1)),
            Row("the same, CPU µs", "viem verifyTypedData", ours, peers, static cost => cost.Cpu, null),
            Row("a voucher of a stranger (key recovered), all in, µs", "viem verifyTypedData", recovering, peers, static cost => cost.Wall, null),
            Row("the ledger's own look at the whole signature, µs", "viem verifyTypedData", exact, peers, static cost => cost.Wall, null),
        ];
        return new BenchmarkReport("voucher", Machine.Describe(options), rounds, options.Quick, rows,
        [
            "All in: digest of channel and voucher, signature, the checks of parties and delay, and the ledger's reserve and release (Ncn.Payments, in memory).",
            "Every voucher is a new total with a new signature. A known payer is one whose key was seen before: libsecp256k1 verifies instead of recovering.",
            "Whoever holds the ledger (the registry, in another process) looks at the whole signature once more, v included, before the voucher is kept.",
            "viem verifies one typed-data signature over the same types, and does nothing else. Wall figures are medians over batches, CPU is process time.",
        ]);
    }

    private static BenchmarkRow Row(string metric, string peer, List<Cost> ours, List<Cost> theirs, Func<Cost, double> figure, Goal? goal) =>
        BenchmarkRow.Of(metric, peer, [.. ours.Select(figure)], [.. theirs.Select(figure)], goal);

    private static Cost Measure(Action<int> one, int count)
    {
        var walls = new List<double>(count / Batch);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        for (int done = 0; done < count; done += Batch)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = done; i < done + Batch; i++)
            {
                one(i);
            }

            walls.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds / Batch);
        }

        double cpu = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / (walls.Count * Batch);
        walls.Sort();
        return new Cost(Spread.Percentile(walls, 0.5), cpu);
    }
}

/// <summary>What one verification took, microseconds.</summary>
internal sealed record Cost(double Wall, double Cpu);
