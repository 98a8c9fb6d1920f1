using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Edge;

/// <summary>Server-sent events through one core: how many streams, and how evenly, beside nginx.</summary>
internal static class StreamBenchmark
{
    private const int Connections = 16;
    private const int PacedStreams = 8;

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        var machine = Machine.Describe(options);
        var tools = new Tools(options);
        var (wrkProgram, nginx, _, missing) = tools.Prepare();
        await using BenchNetwork network = await BenchNetwork.StartAsync(options);
        await using MockNode node = await MockNode.StartAsync(network);
        using var peers = new Peers(options, tools, nginx, node: null);
        var ours = new Contender("ours", network.Gateway, network.GatewayProcess) { Streams = true, Model = MockModel.Stream.Name };
        Contender proxy = peers.NginxProxy("stream", node.Upstream) ?? throw new BenchmarkFailedException(string.Join("; ", missing));
        proxy = proxy with { Streams = true, Model = MockModel.Stream.Name };
        await Ready.AllAsync([ours, proxy]);
        var wrk = new Wrk(wrkProgram, tools.Environment);
        await Warmth.BringAsync(wrk, ours, Connections, options.Quick);
        var our = new List<Round>();
        var their = new List<Round>();
        int rounds = options.Rounds(usual: 5);
        for (int round = -1; round < rounds; round++)
        {
            bool oursFirst = round % 2 == 0;
            Round first = await MeasureAsync(wrk, oursFirst ? ours : proxy, options);
            Round second = await MeasureAsync(wrk, oursFirst ? proxy : ours, options);
            if (round >= 0) // the round before the first one is for warmth
            {
                our.Add(oursFirst ? first : second);
                their.Add(oursFirst ? second : first);
            }
        }

        return new BenchmarkReport("stream", machine, rounds, options.Quick, Rows(our, their), [.. Notes(), .. missing]);
    }

    private static async Task<Round> MeasureAsync(Wrk wrk, Contender contender, BenchmarkOptions options)
    {
        LoadFigures load = await wrk.RunAsync(contender, Connections, options.Quick ? 2 : 5);
        double jitter = await PacedStream.JitterAsync(contender with { Model = MockModel.Paced.Name }, PacedStreams);
        Console.Error.WriteLine($"{contender.Name}: {load.Rate:0} streams/s, {load.Cpu:0} µs CPU, jitter p99 {jitter:0} µs");
        return new Round(load, jitter);
    }

    private static BenchmarkRow[] Rows(List<Round> our, List<Round> their) =>
    [
        Row($"streams/s of {MockModel.Stream.Chunks} events, {Connections} connections", our, their, static round => round.Load.Rate, Goal.Least(1.2)),
        Row("CPU time for a stream, µs", our, their, static round => round.Load.Cpu, null),
        Row($"jitter p99 between events {MockModel.Paced.Pace.TotalMilliseconds:0} ms apart, {PacedStreams} streams, µs", our, their, static round => round.Jitter, Goal.Most(1)),
    ];

    private static BenchmarkRow Row(string metric, List<Round> our, List<Round> their, Func<Round, double> figure, Goal? goal) =>
        BenchmarkRow.Of(metric, "nginx", [.. our.Select(figure)], [.. their.Select(figure)], goal);

    private static string[] Notes() =>
    [
        "Ours: tokens from a gRPC node, each checked against the node's hash chain, its signature every 16th checked, written as an OpenAI event with its id. nginx copies ready-made events of the same text (no buffering, 128 connections kept).",
        "Jitter is how far the time between two events of a stream is from the upstream's pace. The clock is the reader's, on a core that it shares with the upstream.",
    ];

    private sealed record Round(LoadFigures Load, double Jitter);
}
