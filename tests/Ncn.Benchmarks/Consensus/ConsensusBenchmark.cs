using Ncn.Benchmarks.Edge;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Consensus;

/// <summary>Four validators beside three etcd: what a client waits for until its write is agreed on, alone and with 127 others.</summary>
internal static class ConsensusBenchmark
{
    private const int Many = 128;
    private const double GoalAlone = 2;
    private const double GoalMany = 3;
    private static readonly string[] EtcdPackages = ["etcd-server"];

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        var missing = new List<string>();
        string etcd = new Tools(options).Program("etcd", EtcdPackages, "usr/bin/etcd", missing) ?? throw new BenchmarkFailedException(missing[0]);
        string folder = Directory.CreateDirectory(Path.Combine(options.Folder, "consensus")).FullName;
        int rounds = options.Rounds(usual: 5);
        TimeSpan time = options.Quick ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(5);
        await using LedgerCluster ours = await LedgerCluster.StartAsync(folder);
        await using EtcdCluster peers = await EtcdCluster.StartAsync(etcd, folder);
        Contender[] contenders = [new(ours), new(peers)];
        ClusterFigures[][] alone = [new ClusterFigures[rounds], new ClusterFigures[rounds]];
        ClusterFigures[][] many = [new ClusterFigures[rounds], new ClusterFigures[rounds]];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < contenders.Length; turn++)
            {
                int which = (round + turn) % contenders.Length;
                TimeSpan warmUp = round == 0 ? 2 * time : time / 5;
                many[which][round] = await contenders[which].RunAsync(Many, warmUp, time);
                alone[which][round] = await contenders[which].RunAsync(1, time / 5, time);
            }
        }

        return new BenchmarkReport("consensus", Machine.Describe(options), rounds, options.Quick, [.. Rows(alone, many)], Notes());
    }

    private static IEnumerable<BenchmarkRow> Rows(ClusterFigures[][] alone, ClusterFigures[][] many)
    {
        const string peer = "etcd ×3";
        yield return Row("one client, p50 µs", alone, static figures => figures.Median, Goal.Most(GoalAlone));
        yield return Row($"{Many} clients, writes/s", many, static figures => figures.PerSecond, Goal.Least(GoalMany));
        yield return Row($"{Many} clients, p50 µs", many, static figures => figures.Median, null);
        yield return Row("one client, CPU µs of all members for a write", alone, static figures => figures.CpuMicroseconds, null);
        yield return Row($"{Many} clients, CPU µs of all members for a write", many, static figures => figures.CpuMicroseconds, null);

        static BenchmarkRow Row(string metric, ClusterFigures[][] figures, Func<ClusterFigures, double> of, Goal? goal) =>
            BenchmarkRow.Of(metric, peer, [.. figures[0].Select(of)], [.. figures[1].Select(of)], goal);
    }

    private static IReadOnlyList<string> Notes() =>
    [
        $"Both write {LedgerCluster.OperationBytes} bytes, over HTTP/2 on loopback, each member a process with its own files on the same disk, synced before anything is answered; all members and the clients share the machine.",
        "Ours: clients are spread over the four validators, and an answer means that the operation is final and executed there. Each operation carries its author's signature, which each of the four checks; four votes of each kind are signed and checked for each block.",
        "etcd: all clients call the leader, which saves a hop. A put carries no signature, and its members trust each other.",
    ];

    private sealed class Contender(ICluster cluster)
    {
        private const int PreparedPerSecond = 12_000;
        private readonly IClusterClient[] _clients = [.. Enumerable.Range(0, Many).Select(cluster.Client)];

        public Task<ClusterFigures> RunAsync(int clients, TimeSpan warmUp, TimeSpan time) =>
            ClusterLoad.RunAsync(cluster, _clients[..clients], warmUp, time, (int)(time.TotalSeconds * PreparedPerSecond * (clients == 1 ? 0.1 : 1)));
    }
}
