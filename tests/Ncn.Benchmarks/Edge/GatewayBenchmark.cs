using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Edge;

/// <summary>The gateway on one core, beside reverse proxies and other gateways on the same core.</summary>
internal static class GatewayBenchmark
{
    private const int Connections = 32;

    /// <summary>An unpaid model.</summary>
    public static Task<BenchmarkReport> RunAsync(BenchmarkOptions options) => RunAsync("gateway", options, isPaid: false);

    /// <summary>Every request carries a new voucher; the peers are unpaid.</summary>
    public static Task<BenchmarkReport> RunPaidAsync(BenchmarkOptions options) => RunAsync("paid-gateway", options, isPaid: true);

    private static async Task<BenchmarkReport> RunAsync(string name, BenchmarkOptions options, bool isPaid)
    {
        var machine = Machine.Describe(options);
        var tools = new Tools(options);
        var (wrkProgram, nginx, nodePeers, missing) = tools.Prepare();
        await using BenchNetwork network = await BenchNetwork.StartAsync(options);
        await using MockNode node = await MockNode.StartAsync(network);
        using var peers = new Peers(options, tools, nginx, nodePeers);
        Uri upstream = peers.FixedUpstream() ?? throw new BenchmarkFailedException(string.Join("; ", missing));
        Contender ours = Ours(network, options, isPaid);
        Contender?[] others = isPaid ? [peers.Yarp(upstream), peers.Portkey(upstream)]
            : [peers.NginxProxy("proxy", upstream), peers.Yarp(upstream), peers.Portkey(upstream), peers.Llms(upstream)];
        Contender? relay = isPaid ? null : peers.Relay(network, upstream);
        var direct = new Contender("upstream alone", upstream, 0);
        Contender[] all = [ours, .. others.Append(relay).OfType<Contender>(), direct];
        await Ready.AllAsync(all);
        var rounds = await GatewayRounds.RunAsync(new Wrk(wrkProgram, tools.Environment), all, options, Connections);
        return new BenchmarkReport(name, machine, options.Rounds(usual: 5), options.Quick, [.. Rows(rounds, ours, isPaid), .. LikeForLike(rounds, ours, relay)], [.. Notes(isPaid), .. missing]);
    }

    private static Contender Ours(BenchNetwork network, BenchmarkOptions options, bool isPaid)
    {
        var unpaid = new Contender("ours", network.Gateway, network.GatewayProcess);
        return isPaid ? unpaid with { Model = MockModel.Paid.Name, Payments = new Payments(network, options.Folder).Write } : unpaid;
    }

    private static List<BenchmarkRow> Rows(GatewayRounds rounds, Contender ours, bool isPaid)
    {
        var rows = new List<BenchmarkRow>();
        Contender[] peers = [.. rounds.Peers(ours).Where(static peer => peer.Model != Edge.Peers.RelayedModel)];
        foreach (Contender peer in peers)
        {
            rows.Add(rounds.Row($"answers/s, {Connections} connections", ours, peer, static figures => figures.Busy.Rate, Goals.Rate(peer.Name, isPaid)));
        }

        foreach (Contender peer in peers)
        {
            rows.Add(rounds.Row("CPU time for an answer, µs", ours, peer, static figures => figures.Busy.Cpu, null));
        }

        foreach (Contender peer in peers)
        {
            rows.Add(rounds.Row("added p50, one connection, µs", ours, peer, static figures => figures.Added, isPaid ? null : Goals.Added(peer.Name)));
        }

        return rows;
    }

    // What explains the gap: the same gateway doing what the peers do, and the signatures that they do not make.
    private static IEnumerable<BenchmarkRow> LikeForLike(GatewayRounds rounds, Contender ours, Contender? relay)
    {
        if (relay is null)
        {
            yield break;
        }

        foreach (Contender peer in rounds.Peers(ours).Where(peer => peer != relay))
        {
            yield return rounds.Row($"relaying: answers/s, {Connections} connections", relay, peer, static figures => figures.Busy.Rate, null);
            yield return rounds.Row("relaying: CPU time for an answer, µs", relay, peer, static figures => figures.Busy.Cpu, null);
            yield return rounds.Row("relaying: added p50, one connection, µs", relay, peer, static figures => figures.Added, null);
        }

        double[] floor = [.. rounds.All(ours).Select(static _ => SignatureFloor.Measure())];
        yield return BenchmarkRow.Of("CPU time for an answer, µs", "two signatures alone", [.. rounds.All(ours).Select(static figures => figures.Busy.Cpu)], floor, null);
    }

    private static IEnumerable<string> Notes(bool isPaid) =>
    [
        isPaid
            ? "Ours: every request carries a new voucher, which is verified, reserved on and charged to its channel in the real registry (local runtime, SQLite with full synchronisation); the node is paid by voucher too. The peers are unpaid."
            : "Ours, on a model without a price: parses and checks the request, prices, admits and routes it, signs the job, checks hash, commitment and receipt of the node, meters and measures, with metrics on. Its node is a real gRPC node that signs chunk and receipt, on the other core.",
        "Peers forward bytes to nginx, which answers with one fixed completion: nginx (no buffering, 128 connections kept) and YARP look at nothing; Portkey and @musistudio/llms read the request and the answer.",
        "Relaying: the same gateway for a model that only another gateway has (Ncn:Gateway:Peers), here nginx with the same fixed completion: it reads and checks the request and passes it on byte for byte, as the peers do.",
        "Two signatures alone: signing one digest and recovering the signer of another by libsecp256k1 in this run, nothing else. A job is signed by the gateway and its receipt by the node, so no answer costs less.",
        "One core for the measured program (taskset), the others for wrk, upstream, node and registry. Contenders take turns in every round, the order turns too.",
        "Added p50 is p50 with one connection less that of nginx answering by itself; ours contains the node's two signatures and its gRPC server.",
    ];

    private static class Goals
    {
        public static Goal? Rate(string peer, bool isPaid) => (peer, isPaid) switch
        {
            ("nginx", false) => Goal.Least(1),
            ("YARP", false) => Goal.Least(2),
            ("Portkey", false) => Goal.Least(20),
            ("YARP", true) => Goal.Least(1),
            ("Portkey", true) => Goal.Least(10),
            _ => null,
        };

        public static Goal? Added(string peer) => peer switch { "YARP" => Goal.Most(1), "Portkey" => Goal.Most(0.1), _ => null };
    }
}
