using System.Diagnostics;
using Ncn.Actors;
using Ncn.Benchmarks.Actors;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Benchmarks.Mempool;

/// <summary>Jobs a second through the actor, in each round.</summary>
internal sealed record ActorFigures(IReadOnlyList<double> Push, IReadOnlyList<double> End);

/// <summary>The pool as the network runs it: a MempoolActor in the registry behind the local runtime, its turns written to SQLite.</summary>
internal static class ActorPath
{
    private const int AtOnce = 512;
    private const string Model = "bench-model";
    private static readonly SubnetId Subnet = new(4_000_000_000);

    public static async Task<ActorFigures> MeasureAsync(BenchmarkOptions options, int rounds)
    {
        await using RegistryHost host = await RegistryHost.StartAsync(options);
        var turns = new MempoolTurns(host.Actors());
        int jobs = options.Quick ? 512 : 2_048;
        await RoundAsync(turns, jobs, 0);
        var (push, end) = (new List<double>(), new List<double>());
        for (int round = 1; round <= rounds; round++)
        {
            var (pushed, ended) = await RoundAsync(turns, jobs, round);
            push.Add(pushed);
            end.Add(ended);
        }

        return new ActorFigures(push, end);
    }

    private static async Task<(double Push, double End)> RoundAsync(MempoolTurns turns, int jobs, int round)
    {
        RequestId[] requests = [.. Enumerable.Range(0, jobs).Select(number => new RequestId(Keccak256.Of(BitConverter.GetBytes(((long)round << 32) | (uint)number))))];
        double push = await RunAsync(requests, request => turns.AskAsync(Subnet, Model, 0, new MempoolStep { Submit = Job(request) }));
        double end = await RunAsync(requests, request => turns.AskAsync(Subnet, Model, 0, new MempoolStep { Complete = request }));
        return (push, end);
    }

    private static async Task<double> RunAsync(RequestId[] requests, Func<RequestId, Task<MempoolResult>> act)
    {
        long begun = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (request, _) =>
        {
            MempoolResult result = await act(request);
            if (!result.Accepted)
            {
                throw new BenchmarkFailedException($"the mempool refused a job: {result.Reason}");
            }
        });
        return requests.Length / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static QueuedJob Job(RequestId request)
    {
        ulong now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var payer = new Address(request.Value.ToArray().AsSpan(0, Address.Size));
        return new QueuedJob(request, Subnet, "bench", Model, new TokenAmount(request.Value.ToArray()[0]), "http://127.0.0.1:1", now, now + 600_000) { Payer = payer };
    }
}
