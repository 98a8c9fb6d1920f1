using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ncn.ComputeWorker.Tests.OpenInference.Malformed;

/// <summary>A thousand wrong calls over every way into a node, with right ones between them.</summary>
[Collection(NetworkGroup.Name)]
public sealed class MalformedTests(OperatorFixture node, NetworkFixture network) : IClassFixture<OperatorFixture>
{
    private const int Calls = 1000;
    private const int Rounds = 6;
    private const int AtOnce = 4;
    private const int Seed = 20_260_101;
    private const double Growth = 1.05;

    private static readonly Func<Random, MalformedCall>[] Kinds =
    [
        MalformedJson.Next,
        MalformedBinary.Next,
        MalformedBinary.NextHttp,
        random => Message(random, static (what, bytes) => new MalformedCall.Message("message: " + what, bytes)),
        random => Message(random, static (what, bytes) => new MalformedCall.Streamed("streamed: " + what, bytes)),
        MalformedJobs.Next,
    ];

    [Fact]
    public async Task Every_wrong_call_is_refused_every_right_one_answered_and_memory_comes_back()
    {
        var sender = new CallSender(node, network.Domain);
        await RunAsync(sender, Seed + 1);
        List<(long Heap, long Resident)> sizes = [Measure()];
        for (int round = 0; round < Rounds && !(IsBack(sizes, static size => size.Heap) && IsBack(sizes, static size => size.Resident)); round++)
        {
            await RunAsync(sender, Seed - round);
            sizes.Add(Measure());
        }

        Assert.True(IsBack(sizes, static size => size.Heap), $"Managed memory after each round: {string.Join(", ", sizes.Select(size => size.Heap))} bytes.");
        Assert.True(IsBack(sizes, static size => size.Resident), $"Resident memory after each round: {string.Join(", ", sizes.Select(size => size.Resident))} bytes.");
    }

    /// <summary>Whether a round ended with hardly more than the one before it. Pools and compiled code grow for a while; a leak grows with every round.</summary>
    private static bool IsBack(List<(long Heap, long Resident)> sizes, Func<(long Heap, long Resident), long> part) =>
        Enumerable.Range(1, sizes.Count - 1).Any(i => part(sizes[i]) <= part(sizes[i - 1]) * Growth);

    private static async Task RunAsync(CallSender sender, int seed)
    {
        var random = new Random(seed);
        MalformedCall[] calls = [.. Enumerable.Range(0, Calls).Select(i => Kinds[i % Kinds.Length](random))];
        var problems = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Calls), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            if (await ProblemAsync(sender, calls[i]) is { } problem)
            {
                problems.Add($"seed {seed}, call {i}, {calls[i].What}: {problem}");
            }

            if (i % 5 == 0)
            {
                await sender.CallRightlyAsync(i / 5);
            }
        });
        Assert.True(problems.IsEmpty, $"{problems.Count} wrong calls were answered wrongly:\n{string.Join('\n', problems.Take(20))}");
    }

    /// <summary>Also says which call it was when the answer had another shape.</summary>
    private static async Task<string?> ProblemAsync(CallSender sender, MalformedCall call)
    {
        try
        {
            return await sender.RefusalProblemAsync(call);
        }
        catch (Exception exception) when (exception is Xunit.Sdk.XunitException or System.Text.Json.JsonException or HttpRequestException)
        {
            return exception.ToString();
        }
    }

    private static MalformedCall Message(Random random, Func<string, byte[], MalformedCall> make)
    {
        (string what, byte[] bytes) = MalformedMessages.Next(random);
        return make(what, bytes);
    }

    private static (long Heap, long Resident) Measure()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        using Process self = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), self.WorkingSet64);
    }
}
