using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ncn.Benchmarks.Edge;
using Ncn.Benchmarks.Reporting;
using Ncn.Discovery;

namespace Ncn.Benchmarks.Discovery;

/// <summary>64 discovery peers over real HTTP in one process, beside 64 nodes of js kad-dht in one Node process: providing and finding; and the core in large simulated networks.</summary>
internal static class DhtBenchmark
{
    private const int Nodes = 64;
    private static readonly string[] Install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        var machine = Machine.Describe(options);
        int operations = options.Quick ? 8 : 48;
        string folder = Prepare(options);
        List<Measured> ours = [], theirs = [];
        int rounds = options.Rounds(usual: 5);
        for (int round = 0; round < rounds; round++)
        {
            ours.Add(await MeasureAsync(operations));
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"dht round {round + 1}: ours find p50 {P50(ours[^1].Find):0.0} ms, provide p50 {P50(ours[^1].Provide):0.0} ms, found {ours[^1].Found} of {operations}"));
            theirs.Add(JsonSerializer.Deserialize<Measured>(
                Tool.Run("node", ["dht.mjs", $"{Nodes}", $"{operations}"], folder), JsonSerializerOptions.Web)
                ?? throw new BenchmarkFailedException("dht.mjs printed nothing"));
        }

        BenchmarkRow[] rows =
        [
            BenchmarkRow.Of("find p50, ms", "js kad-dht", [.. ours.Select(static one => P50(one.Find))], [.. theirs.Select(static one => P50(one.Find))], Goal.Most(0.1)),
            BenchmarkRow.Of("provide p50, a gateway alone (2 keys), ms", "js kad-dht (1 key)", [.. ours.Select(static one => P50(one.Bare))], [.. theirs.Select(static one => P50(one.Provide))], Goal.Most(0.1)),
            BenchmarkRow.Of("provide p50, a gateway with a model (4 keys), ms", "js kad-dht (1 key)", [.. ours.Select(static one => P50(one.Provide))], [.. theirs.Select(static one => P50(one.Provide))], Goal.Most(0.1)),
            BenchmarkRow.Of("found, share of those looked for", "1", [.. ours.Select(static one => one.Found / (double)one.Asked)], [.. ours.Select(static _ => 1.0)], Goal.Least(1)),
        ];
        var scale = DhtScale.Run(options.Quick);
        return new BenchmarkReport("dht", machine, rounds, options.Quick, [.. rows, .. DhtScale.Rows(scale)], [.. Notes(theirs), .. DhtScale.Notes(scale)]);
    }

    private static async Task<Measured> MeasureAsync(int operations)
    {
        await using DhtTown town = await DhtTown.StartAsync(Nodes);
        List<double> provide = [], find = [];
        int found = 0;
        for (int i = 0; i < operations; i++)
        {
            var (key, provider) = (string.Create(CultureInfo.InvariantCulture, $"content {i}"), (i * 7) % Nodes);
            VerifiedAdvert advert = town.Advert(provider, key);
            long begun = Stopwatch.GetTimestamp();
            await town[provider].PublishAsync(advert, default);
            provide.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            begun = Stopwatch.GetTimestamp();
            var finding = await town[(i * 7 + 31) % Nodes].FindAsync(DiscoveryKey.OfName(key), 1, default);
            find.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            found += finding.Adverts.Any(one => one.Name == advert.Name) ? 1 : 0;
        }

        return new Measured(provide, find, found, operations) { Bare = await MeasureBareAsync(operations) };
    }

    // In a network of its own: nobody has looked for any of these keys' holders before.
    private static async Task<IReadOnlyList<double>> MeasureBareAsync(int operations)
    {
        await using DhtTown town = await DhtTown.StartAsync(Nodes);
        List<double> provide = [];
        for (int i = 0; i < operations; i++)
        {
            VerifiedAdvert advert = town.Advert((i * 7) % Nodes, null, 1 + (uint)i);
            long begun = Stopwatch.GetTimestamp();
            await town[(i * 7) % Nodes].PublishAsync(advert, default);
            provide.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        return provide;
    }

    private static string Prepare(BenchmarkOptions options)
    {
        string folder = Directory.CreateDirectory(Path.Combine(options.Folder, "tools", "dht")).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(BenchmarkOptions.Root, "tests", "Ncn.Benchmarks", "peers", "dht")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        if (!Directory.Exists(Path.Combine(folder, "node_modules", "@libp2p", "kad-dht")))
        {
            Tool.Run("npm", Install, folder);
        }

        return folder;
    }

    private static IReadOnlyList<string> Notes(IReadOnlyList<Measured> theirs) =>
    [
        $"{Nodes} peers each in one process, over loopback; one operation at a time. Ours: signed JSON over HTTP/1.1, every message authenticated both ways, k = 20, α = 3, 3 disjoint paths. js: @libp2p/kad-dht over TCP with noise and yamux, its defaults, each node joined through the first.",
        "Provide, ours: a signed advert to the holders of all its keys (operator and subnet: two lookups and up to 40 stores; with a model its name and digest too: four and 80). js: one provider record under one key. Find: until the first advert, or provider, of the content is there, asked by a node that neither provided nor asked before.",
        $"js kad-dht found {theirs.Sum(static one => one.Found)} of {theirs.Sum(static one => one.Asked)}.",
    ];

    private static double P50(IReadOnlyList<double> times) => Spread.Of(times).Median;

    private sealed record Measured(IReadOnlyList<double> Provide, IReadOnlyList<double> Find, int Found, int Asked)
    {
        /// <summary>Providing what has no model; ours only.</summary>
        public IReadOnlyList<double> Bare { get; init; } = [];
    }
}
