using Ncn.Soak.Loads;
using Ncn.Soak.Memory;
using Ncn.Soak.Node;

namespace Ncn.Soak;

/// <summary>Starts the node, puts it under every load at once, watches it, stops it.</summary>
internal static class SoakRun
{
    private const double WorkingSetFloorMib = 32;
    private const double HeapFloorMib = 8;

    public static async Task<SoakReport> RunAsync(SoakOptions options)
    {
        Directory.CreateDirectory(options.Folder);
        Console.Error.WriteLine($"soak: starting a chain, a gateway and a worker; {options.Length.TotalMinutes:0.#} minutes of load");
        await using SoakNode node = await SoakNode.StartAsync(options);
        ISoakLoad[] all =
        [
            new ChatLoad(node, "tiny-chat", 2), new ChatLoad(node, SoakModels.Decoder, 4), new StopLoad(node), new HangUpLoad(node),
            new TensorLoad(node), new EmbeddingLoad(node), new QueuedLoad(node), new OipRestLoad(node), new OipGrpcLoad(node),
            new HealthLoad(node), new ReloadLoad(node), new MalformedLoad(node),
        ];
        ISoakLoad[] loads = [.. all.Where(load => load.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase))];
        SoakTally[] tallies = [.. loads.Select(load => new SoakTally(load.Name))];
        DateTimeOffset began = DateTimeOffset.UtcNow;
        bool survived = await LoadAsync(node, loads, tallies, options.Length);
        double lasted = (DateTimeOffset.UtcNow - began).TotalSeconds;
        IReadOnlyList<MemorySample> samples = MemorySample.Read(node.Worker.MemoryFile);
        int? exit = survived ? await node.Worker.StopAsync() : node.Worker.ExitCode;
        return new SoakReport(options.Length.TotalMinutes, lasted, survived, exit, tallies, Trends(samples, options.Warmth), samples);
    }

    /// <summary>False when the worker ended before its time.</summary>
    private static async Task<bool> LoadAsync(SoakNode node, ISoakLoad[] loads, SoakTally[] tallies, TimeSpan length)
    {
        using var stop = new CancellationTokenSource(length);
        Task exited = node.Worker.Exited;
        IEnumerable<Task> clients = loads.SelectMany((load, index) => Enumerable.Range(0, load.Clients)
            .Select(client => Task.Run(() => tallies[index].RunAsync(load, new Random(index * 1000 + client), stop.Token))));
        Task all = Task.WhenAll([.. clients, ProgressAsync(tallies, stop.Token)]);
        if (await Task.WhenAny(all, exited) == exited)
        {
            await stop.CancelAsync();
        }

        await all;
        return !exited.IsCompleted;
    }

    private static async Task ProgressAsync(SoakTally[] tallies, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1));
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                string first = tallies.FirstOrDefault(tally => tally.Failures > 0) is { } failing ? $" ({failing.Name}: {failing.Messages[0]})" : "";
                Console.Error.WriteLine($"soak: {tallies.Sum(tally => tally.Requests)} requests, {tallies.Sum(tally => tally.Failures)} failed{first}");
            }
        }
        catch (OperationCanceledException)
        {
            return; // the time is up
        }
    }

    private static MemoryTrend[] Trends(IReadOnlyList<MemorySample> samples, TimeSpan warmth)
    {
        MemorySample[] counted = [.. samples.Where(sample => sample.Seconds > warmth.TotalSeconds)];
        return
        [
            MemoryTrend.Of("working set", [.. counted.Select(sample => (sample.Seconds, sample.WorkingSetMib))], WorkingSetFloorMib),
            MemoryTrend.Of("live heap", [.. counted.Select(sample => (sample.Seconds, sample.HeapMib))], HeapFloorMib),
        ];
    }
}
