using System.Globalization;
using Ncn.Benchmarks.Edge;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Mempool;

/// <summary>
/// The mempool's core beside Redis and NATS JetStream: push and pop over TCP at equal pipeline depth, the queue on one core and the load on
/// the others; and the way through the actor.
/// </summary>
internal static class MempoolBenchmark
{
    private const int Connections = 8;
    private const int Depth = 16;
    private const int DurableDepth = 64;
    private const int Publishers = 64;

    // Of the durable pushes, so many times as are counted.
    private const int WarmUp = 4;
    private static readonly string[] RedisPackages = ["redis-server", "redis-tools", "libjemalloc2", "liblua5.1-0", "liblzf1", "lua-bitop", "lua-cjson"];
    private static readonly string[] NatsPackages = ["nats-server"];

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        var tools = new Tools(options);
        var missing = new List<string>();
        string? redis = tools.Program("redis-server", RedisPackages, "usr/bin/redis-server", missing);
        string? nats = tools.Program("nats-server", NatsPackages, "usr/sbin/nats-server", missing);
        string folder = Directory.CreateDirectory(Path.Combine(options.Folder, "mempool")).FullName;
        var figures = new Dictionary<string, List<double>>();
        int rounds = options.Rounds(usual: 5);
        int kept = 0;
        ActorFigures? actor;
        Cores.Pin(Environment.ProcessId, Cores.Others);
        try
        {
            for (int round = 0; round < rounds; round++)
            {
                kept += Round(options, tools, redis, nats, folder, round, figures);
            }

            actor = await ActorAsync(options, rounds, missing);
        }
        finally
        {
            Cores.Pin(Environment.ProcessId, Cores.All);
        }

        return new BenchmarkReport("mempool", Machine.Describe(options), rounds, options.Quick, [.. Rows(figures, actor)], [.. Notes(kept), .. missing]);
    }

    private static async Task<ActorFigures?> ActorAsync(BenchmarkOptions options, int rounds, List<string> missing)
    {
        try
        {
            return await ActorPath.MeasureAsync(options, rounds);
        }
        catch (BenchmarkFailedException failure)
        {
            missing.Add($"The way through the actor was not measured: {failure.Message}");
            return null;
        }
    }

    // Who begins changes from round to round. Returns how many jobs a pool had again after it was killed.
    private static int Round(
        BenchmarkOptions options, Tools tools, string? redis, string? nats, string folder, int round, Dictionary<string, List<double>> figures)
    {
        int jobs = options.Quick ? 16_384 : 262_144;
        int durable = options.Quick ? 4_096 : 65_536;
        int kept = 0;
        List<Action> turns =
        [
            () => Volatile(QueueServer.StartPool(folder, journal: null), port => new PoolClient(port), "pool", jobs, figures),
            () => kept = Journaled(folder, durable, figures),
        ];
        if (redis is not null)
        {
            turns.Add(() => Volatile(QueueServer.StartRedis(redis, tools.Environment), port => new RedisClient(port, isSorted: true), "zset", jobs, figures));
            turns.Add(() => Volatile(QueueServer.StartRedis(redis, tools.Environment), port => new RedisClient(port, isSorted: false), "list", jobs, figures));
        }

        if (nats is not null)
        {
            turns.Add(() => JetStream(nats, tools, folder, durable, figures));
        }

        for (int i = 0; i < turns.Count; i++)
        {
            turns[(i + round) % turns.Count]();
        }

        return kept;
    }

    private static void Volatile(QueueServer server, Func<int, QueueClient> connect, string name, int jobs, Dictionary<string, List<double>> figures)
    {
        using (server)
        {
            // Once without counting: code is compiled, memory is there.
            Measure(server, connect, name, jobs, null);
            Measure(server, connect, name, jobs, figures);
        }
    }

    private static void Measure(QueueServer server, Func<int, QueueClient> connect, string name, int jobs, Dictionary<string, List<double>>? figures)
    {
        using var load = new QueueLoad([.. Enumerable.Range(0, Connections).Select(_ => connect(server.Port))], Depth);
        double used = server.Used;
        double push = load.Push(jobs, figures is null ? 0 : jobs);
        double pop = load.Pop(jobs);
        Add(figures, $"{name} cpu", (server.Used - used) / jobs);
        Add(figures, $"{name} push", push);
        Add(figures, $"{name} pop", pop);
        Add(figures, $"{name} both", 2 / ((1 / push) + (1 / pop)));
        if (name == "pool")
        {
            Add(figures, "pool end", load.End(jobs));
        }
    }

    private static int Journaled(string folder, int jobs, Dictionary<string, List<double>> figures)
    {
        string journal = Path.Combine(folder, "journal");
        File.Delete(journal);
        using (QueueServer server = QueueServer.StartPool(folder, journal))
        {
            Durable(server, (port, _) => new PoolClient(port), "journal", jobs, figures);
        }

        using QueueServer again = QueueServer.StartPool(folder, journal);
        return again.Living == (WarmUp + 2) * jobs ? again.Living : throw new BenchmarkFailedException(
            $"{(WarmUp + 2) * jobs} jobs were acknowledged, the pool was killed, and it came back with {again.Living}");
    }

    private static void JetStream(string nats, Tools tools, string folder, int jobs, Dictionary<string, List<double>> figures)
    {
        string store = Path.Combine(folder, "jetstream");
        if (Directory.Exists(store))
        {
            Directory.Delete(store, recursive: true);
        }

        using QueueServer server = QueueServer.StartNats(nats, store, tools.Environment);
        Durable(server, (port, number) => new JetStreamClient(port, number), "jetstream", jobs, figures);
    }

    private static void Durable(QueueServer server, Func<int, int, QueueClient> connect, string name, int jobs, Dictionary<string, List<double>> figures)
    {
        QueueClient[] clients = [.. Enumerable.Range(0, Publishers).Select(number => connect(server.Port, number))];
        using var one = new QueueLoad(clients, depth: 1);
        var many = new QueueLoad(clients[..Connections], DurableDepth);
        many.Push(WarmUp * jobs);
        double used = server.Used;
        Add(figures, name, many.Push(jobs, from: WarmUp * jobs));
        Add(figures, $"{name} cpu", (server.Used - used) / jobs);
        used = server.Used;
        Add(figures, $"{name} one", one.Push(jobs, from: (WarmUp + 1) * jobs));
        Add(figures, $"{name} one cpu", (server.Used - used) / jobs);
    }

    private static void Add(Dictionary<string, List<double>>? figures, string name, double figure)
    {
        if (figures is not null)
        {
            (figures.TryGetValue(name, out List<double>? all) ? all : figures[name] = []).Add(figure);
        }
    }

    private static IEnumerable<BenchmarkRow> Rows(Dictionary<string, List<double>> figures, ActorFigures? actor)
    {
        (string Metric, string Ours, string Peer, string Theirs, Goal? Goal)[] rows =
        [
            ($"push and pop by fee, jobs/s, {Connections} × {Depth} under way", "pool both", "Redis ZADD, ZPOPMAX", "zset both", Goal.Least(1.0)),
            ("CPU time of the queue for a push and a pop, µs", "pool cpu", "Redis ZADD, ZPOPMAX", "zset cpu", null),
            ("of it push", "pool push", "Redis ZADD", "zset push", null),
            ("of it pop, under a lease", "pool pop", "Redis ZPOPMAX, without one", "zset pop", null),
            ("push, beside a plain list", "pool push", "Redis LPUSH", "list push", null),
            ("pop, beside a plain list", "pool pop", "Redis RPOP", "list pop", null),
            ("end of a leased job, which Redis has not", "pool end", "Redis ZPOPMAX", "zset pop", null),
            ($"durable push, jobs/s, {Publishers} publishers, each waits for its answer; ours on disk, fsync per group", "journal one", "JetStream, file, without fsync", "jetstream one", Goal.Least(2.0)),
            ("CPU time of the queue for it, µs", "journal one cpu", "JetStream", "jetstream one cpu", null),
            ($"the same, {Connections} × {DurableDepth} under way", "journal", "JetStream, file, without fsync", "jetstream", Goal.Least(2.0)),
            ("CPU time of the queue for it, µs", "journal cpu", "JetStream", "jetstream cpu", null),
        ];
        foreach (var (metric, ours, peer, theirs, goal) in rows)
        {
            if (figures.TryGetValue(theirs, out List<double>? their))
            {
                yield return BenchmarkRow.Of(metric, peer, figures[ours], their, goal);
            }
        }

        if (actor is not null && figures.TryGetValue("jetstream", out List<double>? jetStream))
        {
            yield return BenchmarkRow.Of("durable push through the actor and the local runtime, jobs/s", "JetStream, file", actor.Push, jetStream, null);
            yield return BenchmarkRow.Of("end through the actor, jobs/s", "JetStream push, file", actor.End, jetStream, null);
        }
    }

    private static IEnumerable<string> Notes(int kept) =>
    [
        "What runs as ours over TCP: the pure core JobPool behind a small listener and a group-commit journal (tests/Ncn.Benchmarks/Mempool), one process, one core, as an app that embeds the core would; the network's own registry runs the same core in Dapr actors, which the rows \"through the actor\" show.",
        $"A job is {QueueClient.JobSize} bytes. Ours is deduplicated by id, ordered by fee class and payers' turns (64 payers), popped under a lease with a fencing token; Redis keeps an order and gives a job away for good.",
        "JetStream acknowledges a message that is written to its file and not yet on the disk (its sync interval is two minutes); ours answers after fsync.",
        string.Create(CultureInfo.InvariantCulture, $"After each durable round the pool was killed and started again: all acknowledged jobs were there ({kept:#,0} in all)."),
    ];
}
