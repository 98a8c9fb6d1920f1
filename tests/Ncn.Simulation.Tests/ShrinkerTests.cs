using Ncn.Simulation.Mutations;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Tests;

public sealed class ShrinkerTests
{
    [Fact]
    public void A_trace_is_made_short_and_replays_exactly()
    {
        var mutation = Mutation.Find("ledger-charges-anything")!;
        var found = new Campaign(20_000, mutation.Cores).Run(1, 5, threads: 1).FirstViolation!;

        var (options, result) = new Shrinker(new SimulationOptions(found.Seed, 20_000, mutation.Cores), found.Violation!.Invariant).Shrink();
        var file = new ReplayFile(options.Seed, options.Steps, mutation.Name, [.. result.Decisions.Select(static decision => decision.Id)], result.Violation!.Invariant);
        var path = Path.Combine(Directory.CreateTempSubdirectory("ncn-sim").FullName, "seed.json");
        file.Write(path);
        var read = ReplayFile.Read(path);
        var again = SeedRun.Run(new SimulationOptions(read.Seed, read.Steps, mutation.Cores, read.Kept!.ToHashSet(), IsRecording: true));

        Assert.True(result.Decisions.Count <= 6, $"{result.Decisions.Count} decisions are left");
        Assert.Equal(result.Hash, again.Hash);
        Assert.Equal(result.Lines, again.Lines);
        Assert.Equal(found.Violation.Invariant, again.Violation!.Invariant);
        Assert.Contains(result.Lines, static line => line.Contains("charge", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_no_run_is_refused()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "{}");

        Assert.Throws<FormatException>(() => ReplayFile.Read(path));
        Assert.Throws<FormatException>(() => ReplayFile.Read(path + ".missing"));
    }
}
