using Ncn.Simulation.Actors;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Tests;

public sealed class SeedTests
{
    private const long Steps = 20_000;
    private const ulong Seeds = 200;

    [Fact]
    public void Every_invariant_holds_over_200_seeds_of_20_000_steps()
    {
        var summary = new Campaign(Steps, new Cores()).Run(1, Seeds, threads: 2);

        Assert.True(summary.FirstViolation is null, $"seed {summary.FirstViolation?.Seed}: {summary.FirstViolation?.Violation?.Message}; ./ncn sim --seed {summary.FirstViolation?.Seed} shows a short trace");
        Assert.Equal((int)Seeds, summary.Seeds);
        Assert.True(summary.Steps >= (long)Seeds * Steps, $"only {summary.Steps} steps");
        Assert.True(summary.Answers > 10_000, $"only {summary.Answers} answers: the simulation tests too little");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(77)]
    public void A_seed_gives_the_same_run_every_time(ulong seed)
    {
        var first = SeedRun.Run(new SimulationOptions(seed, 4_000, new Cores()));
        var second = SeedRun.Run(new SimulationOptions(seed, 4_000, new Cores(), Kept: null, IsRecording: true));

        Assert.Equal((first.Hash, first.Steps, first.Answers), (second.Hash, second.Steps, second.Answers));
        Assert.NotEmpty(second.Decisions);
        Assert.NotEmpty(second.Lines);
    }

    [Fact]
    public void A_seed_gives_the_same_run_in_every_process()
    {
        // Hashes of strings and numbers differ from process to process: none may leak into a run.
        var here = SeedRun.Run(new SimulationOptions(11, 4_000, new Cores())).Hash;
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", [typeof(SeedRun).Assembly.Location, "--seed", "11", "--steps", "4000"]) { RedirectStandardOutput = true };
        using var other = System.Diagnostics.Process.Start(start)!;
        var said = other.StandardOutput.ReadToEnd();
        other.WaitForExit();

        Assert.Equal(0, other.ExitCode);
        Assert.Contains($"{Kernel.Mix.Of(0, here):x16}", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_seeds_give_other_runs() =>
        Assert.NotEqual(SeedRun.Run(new SimulationOptions(1, 1_000, new Cores())).Hash, SeedRun.Run(new SimulationOptions(2, 1_000, new Cores())).Hash);
}
