using System.Globalization;
using Ncn.Benchmarks.Reporting;
using Ncn.Simulation.Discovery;

namespace Ncn.Benchmarks.Discovery;

/// <summary>The real discovery core in simulated networks of many sizes: how many lookups find, in how many rounds, at what cost.</summary>
internal static class DhtScale
{
    private const double FoundCalm = 0.999;
    private const double FoundChurn = 0.99;
    private const double FoundHostile = 0.95;
    private static readonly int[] Sizes = [10_000, 1_000, 100];
    private static readonly int[] Churns = [0, 10, 30];
    private static readonly int[] Hostiles = [10, 25];

    /// <summary>Runs every size; networks that differ in churn only grow once.</summary>
    public static IReadOnlyList<DhtReport> Run(bool quick)
    {
        var jobs = Sizes.Where(peers => peers == Sizes[^1] || !quick).SelectMany(static peers => Jobs(peers)).ToArray();
        return [.. jobs.AsParallel().AsOrdered().SelectMany(static job => job()).OrderBy(static report => report.Scenario.Peers)
            .ThenBy(static report => report.Scenario.HostilePercent).ThenBy(static report => report.Scenario.ChurnPercent)];
    }

    /// <summary>The goals, at the largest network that was run.</summary>
    public static IEnumerable<BenchmarkRow> Rows(IReadOnlyList<DhtReport> reports)
    {
        var most = reports.Max(static report => report.Scenario.Peers);
        var at = string.Create(CultureInfo.InvariantCulture, $"simulated, {most:#,0} peers");
        var largest = reports.Where(report => report.Scenario.Peers == most).ToArray();
        var calm = largest.Single(static report => report.Scenario is { ChurnPercent: 0, HostilePercent: 0 });
        yield return Row($"{at}: rounds of a lookup, mean", "log2(n)/2 + 2", calm.MeanRounds, calm.RoundsAllowed, Goal.Most(1));
        foreach (var report in largest)
        {
            var (churn, hostile) = (report.Scenario.ChurnPercent, report.Scenario.HostilePercent);
            var least = hostile > 0 ? FoundHostile : churn > 0 ? FoundChurn : FoundCalm;
            yield return Row($"{at}, {churn} % churn an hour, {hostile} % hostile: found", "least", report.FoundShare, least, Goal.Least(1));
        }
    }

    /// <summary>All figures.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<DhtReport> reports) => reports.Select(Note).Prepend(
        "Simulated: `tests/Ncn.Simulation/Discovery`, seed 1; a message takes 20 to 120 ms each way, one to a peer that is down is lost.");

    private static string Note(DhtReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Scenario.Peers:#,0} peers, {report.Scenario.ChurnPercent} % churn an hour, {report.Scenario.HostilePercent} % hostile: found {report.Found:#,0} of {report.Lookups:#,0} ({report.FoundShare:P2}); rounds {report.MeanRounds:0.00} in the mean, {report.MostRounds} at most; {report.MeanRequests:0.0} requests a lookup; virtual time p50 {report.MedianMilliseconds} ms, p99 {report.SlowMilliseconds} ms; {report.RequestsPerPeerMinute:0.0} requests a peer and minute; {report.Holders:0.0} honest holders");

    private static IEnumerable<Func<IEnumerable<DhtReport>>> Jobs(int peers) =>
    [
        .. Hostiles.Select(hostile => (Func<IEnumerable<DhtReport>>)(() => [DhtRun.Run(new DhtScenario(peers, 0, hostile, 1))])),
        () => DhtRun.RunHonest(new DhtScenario(peers, 0, 0, 1), Churns),
    ];

    private static BenchmarkRow Row(string metric, string peer, double ours, double theirs, Goal goal) => BenchmarkRow.Of(metric, peer, [ours], [theirs], goal);
}
