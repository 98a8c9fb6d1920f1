using System.Diagnostics;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Edge;

/// <summary>From the start of a process to its first answered request: the gateway, beside an empty Kestrel app.</summary>
internal static class ColdStartBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        var machine = Machine.Describe(options);
        await using BenchNetwork network = await BenchNetwork.StartAsync(options);
        await using MockNode node = await MockNode.StartAsync(network);
        int rounds = options.Rounds(usual: 9);
        List<Started> ours = [], empty = [];
        for (int round = -1; round < rounds; round++)
        {
            Started gateway = await StartAsync(network.StartGateway);
            Started kestrel = await StartAsync(static port => Cores.Start(Cores.Measured, "dotnet", [Peers.PeerProgram, "empty", $"{port}"]));
            if (round >= 0) // the round before the first one fills the file cache
            {
                ours.Add(gateway);
                empty.Add(kestrel);
            }
        }

        BenchmarkRow[] rows =
        [
            BenchmarkRow.Of("process start to first answer, ms", "empty Kestrel", [.. ours.Select(static one => one.Wall)], [.. empty.Select(static one => one.Wall)], Goal.Most(1.5)),
            BenchmarkRow.Of("CPU time until then, ms", "empty Kestrel", [.. ours.Select(static one => one.Cpu)], [.. empty.Select(static one => one.Cpu)], null),
        ];
        return new BenchmarkReport("cold-start", machine, rounds, options.Quick, rows,
        [
            "Ours: a gateway of a running network, to its first chat completion from a node: configuration, key, routing snapshot from the registry, connection to the node, signatures. Empty Kestrel: one route that answers {}.",
            "Both are started as `dotnet PROGRAM.dll` on one core; the node, the registry and the caller have the others.",
        ]);
    }

    private static async Task<Started> StartAsync(Func<int, Process> start)
    {
        var (port, url) = Peers.FreePort();
        using var http = new HttpClient { Timeout = Patience };
        long begun = Stopwatch.GetTimestamp();
        using Process process = start(port);
        try
        {
            await AnswerAsync(http, new Contender("the gateway", url, process.Id), process);
            return new Started(Stopwatch.GetElapsedTime(begun).TotalMilliseconds, Cores.UsedMicroseconds(process.Id) / 1000);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    private static async Task AnswerAsync(HttpClient http, Contender contender, Process process)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!process.HasExited && Stopwatch.GetElapsedTime(begun) < Patience)
        {
            try
            {
                using HttpRequestMessage request = Ready.Request(contender);
                using HttpResponseMessage answer = await http.SendAsync(request);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(1);
        }

        throw new BenchmarkFailedException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} gave no answer within {Patience.TotalSeconds} s");
    }

    private sealed record Started(double Wall, double Cpu);
}
