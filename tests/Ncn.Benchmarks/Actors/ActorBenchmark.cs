using System.Diagnostics;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Actors;

/// <summary>One turn of an actor that changes its state, from the caller through the local runtime to the disk and back, beside one SQLite commit.</summary>
internal static class ActorBenchmark
{
    private const double Goal13 = 3;

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        int rounds = options.Rounds(usual: 9);
        int turns = options.Quick ? 50 : 300;
        await using RegistryHost host = await RegistryHost.StartAsync(options);
        using var steps = new ActorSteps(host);
        await steps.GuestTurnAsync();
        await steps.ChannelTurnAsync();
        int guestBytes = await steps.GuestBytesAsync();
        int channelBytes = await steps.ChannelBytesAsync();
        using var small = new SqliteFile(Path.Combine(host.State, "peer-small.sqlite"), guestBytes);
        using var large = new SqliteFile(Path.Combine(host.State, "peer-large.sqlite"), channelBytes);
        Func<Task>[] contenders = [steps.GuestTurnAsync, small.CommitAsync, steps.ChannelTurnAsync, large.CommitAsync, steps.EmptyTurnAsync, steps.SaveAsync, steps.HopAsync];
        foreach (Func<Task> contender in contenders)
        {
            for (int i = 0; i < (options.Quick ? 20 : 1_000); i++)
            {
                await contender();
            }
        }

        double[][] figures = await RoundsAsync(contenders, rounds, turns);
        return new BenchmarkReport("actor", Machine.Describe(options), rounds, options.Quick, Rows(figures, guestBytes, channelBytes),
        [
            "A turn: caller → sidecar → registry → sidecar (state transaction) → SQLite, and back; two processes beside the caller, HTTP/1.1 on loopback, one turn at a time.",
            $"The guest's turn writes one entry of {guestBytes} bytes; the channel's turn (a job authorized and charged) writes its ledger of {channelBytes} bytes and a page of remembered requests.",
            "The peer: BEGIN, one row of the same size replaced, COMMIT; WAL and synchronous FULL, as the runtime's own file, on the same disk.",
            $"Where the time goes, medians over the rounds, µs: one hop and its answer {Middle(figures[6])}; a turn without a commit (two hops and the actor) {Middle(figures[4])}; one hop with a commit (what the app does at a turn's end) {Middle(figures[5])}; the whole turn {Middle(figures[0])}; the disk alone {Middle(figures[1])}.",
        ]);
    }

    private static async Task<double[][]> RoundsAsync(Func<Task>[] contenders, int rounds, int turns)
    {
        double[][] figures = [.. contenders.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
        {
            double[][] times = await RoundAsync(contenders, turns);
            for (int which = 0; which < contenders.Length; which++)
            {
                figures[which][round] = Median(times[which]);
            }
        }

        return figures;
    }

    // Call by call, for what else the machine does changes within a round.
    private static async Task<double[][]> RoundAsync(Func<Task>[] contenders, int turns)
    {
        double[][] times = [.. contenders.Select(_ => new double[turns])];
        for (int turn = 0; turn < turns; turn++)
        {
            for (int place = 0; place < contenders.Length; place++)
            {
                int which = (turn + place) % contenders.Length;
                times[which][turn] = await TimeAsync(contenders[which]);
            }
        }

        return times;
    }

    private static List<BenchmarkRow> Rows(double[][] figures, int guestBytes, int channelBytes)
    {
        string small = $"SQLite commit of {guestBytes} bytes";
        return
        [
            BenchmarkRow.Of("a guest's turn, p50 µs", small, figures[0], figures[1], Goal.Most(Goal13)),
            BenchmarkRow.Of("a channel's turn, p50 µs", $"SQLite commit of {channelBytes} bytes", figures[2], figures[3], null),
            BenchmarkRow.Of("a turn without a commit, p50 µs", small, figures[4], figures[1], null),
            BenchmarkRow.Of("one hop with a commit, p50 µs", small, figures[5], figures[1], null),
            BenchmarkRow.Of("one hop, p50 µs", small, figures[6], figures[1], null),
        ];
    }

    private static async Task<double> TimeAsync(Func<Task> step)
    {
        long start = Stopwatch.GetTimestamp();
        await step();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private static double Median(double[] times) => Spread.Of(times).Median;

    private static string Middle(double[] figures) => Median(figures).ToString("0", System.Globalization.CultureInfo.InvariantCulture);
}
