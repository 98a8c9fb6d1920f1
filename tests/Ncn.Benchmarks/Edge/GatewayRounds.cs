using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Edge;

/// <summary>What a contender did in one round.</summary>
/// <param name="Added">p50 with one connection beyond the upstream's own, microseconds.</param>
internal sealed record RoundFigures(LoadFigures Busy, LoadFigures Alone, double Added);

/// <summary>Rounds of load in which every contender has its turn.</summary>
internal sealed class GatewayRounds
{
    private readonly Dictionary<string, List<RoundFigures>> _figures = [];
    private readonly Contender[] _all;

    private GatewayRounds(Contender[] all) => _all = all;

    /// <summary>The last contender is the upstream alone.</summary>
    public static async Task<GatewayRounds> RunAsync(Wrk wrk, Contender[] all, BenchmarkOptions options, int connections)
    {
        var rounds = new GatewayRounds(all);
        int count = options.Rounds(usual: 5);
        int seconds = options.Quick ? 2 : 4;
        foreach (Contender contender in all)
        {
            await Warmth.BringAsync(wrk, contender, connections, options.Quick);
        }

        for (int round = 0; round < count; round++)
        {
            await rounds.RoundAsync(wrk, round, connections, seconds);
        }

        return rounds;
    }

    public IEnumerable<Contender> Peers(Contender ours) => _all[..^1].Where(contender => contender != ours);

    public IReadOnlyList<RoundFigures> All(Contender contender) => _figures[contender.Name];

    public BenchmarkRow Row(string metric, Contender ours, Contender peer, Func<RoundFigures, double> figure, Goal? goal) =>
        BenchmarkRow.Of(metric, peer.Name, [.. _figures[ours.Name].Select(figure)], [.. _figures[peer.Name].Select(figure)], goal);

    private async Task RoundAsync(Wrk wrk, int round, int connections, int seconds)
    {
        Contender direct = _all[^1];
        LoadFigures alone = await wrk.RunAsync(direct, 1, 1);
        foreach (Contender contender in Enumerable.Range(0, _all.Length).Select(place => _all[(place + round) % _all.Length]))
        {
            LoadFigures busy = await wrk.RunAsync(contender, connections, seconds);
            LoadFigures one = await wrk.RunAsync(contender, 1, Math.Max(1, seconds / 2));
            if (!_figures.TryGetValue(contender.Name, out List<RoundFigures>? figures))
            {
                _figures[contender.Name] = figures = [];
            }

            Console.Error.WriteLine($"round {round + 1}, {contender.Name}: {busy.Rate:0}/s, {busy.Cpu:0} µs CPU, p50 {busy.P50:0} µs; one connection: p50 {one.P50:0} µs");
            figures.Add(new RoundFigures(busy, one, Math.Max(1, one.P50 - alone.P50)));
        }
    }
}
