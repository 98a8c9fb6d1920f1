using System.Diagnostics;
using System.Globalization;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Mutations;

namespace Ncn.Simulation.Running;

/// <summary>The command <c>./ncn sim</c>: exits with 0 when every invariant held, 1 when one broke, 2 when it was called wrongly.</summary>
internal static class SimulationCommand
{
    private const int MostLines = 200;
    // With more of them broken, going on says nothing new.
    private const int MostViolations = 50;

    internal static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        try
        {
            if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
            {
                output.WriteLine(SimulationArguments.Usage);
                return 0;
            }

            if (args is ["--mutations"])
            {
                ListMutations(output);
                return 0;
            }

            if (args is ["--twins" or "--forks" or "--bytes", _])
            {
                return ValidatorCampaigns.Run(args[0], args[1], output);
            }

            var arguments = SimulationArguments.Parse(args);
            return arguments.IsEveryMutation ? Hunt(arguments, output) : arguments.Replay is { } file ? Replay(ReplayFile.Read(file), output) : RunSeeds(arguments, output);
        }
        catch (FormatException problem)
        {
            errors.WriteLine("ncn sim: " + problem.Message);
            errors.WriteLine(SimulationArguments.Usage);
            return 2;
        }
    }

    private static void ListMutations(TextWriter output)
    {
        foreach (var mutation in Mutation.All)
        {
            output.WriteLine($"{mutation.Name,-28} {mutation.Words}");
        }
    }

    private static int Hunt(SimulationArguments arguments, TextWriter output)
    {
        var lost = 0;
        foreach (var mutation in Mutation.All)
        {
            var hunt = FaultHunt.Run(mutation, arguments.First, arguments.Last, arguments.Steps);
            lost += hunt.IsFound ? 0 : 1;
            output.WriteLine($"{mutation.Name,-28} {(hunt.IsFound ? $"seed {hunt.Seed}: {mutation.Breaks[0]}" : hunt.Surprise is { } surprise ? $"NOT AS EXPECTED: {surprise.Message}" : "NOT FOUND")}");
            output.Flush();
        }

        output.WriteLine($"{Mutation.All.Length - lost} of {Mutation.All.Length} planted faults were found");
        return lost == 0 ? 0 : 1;
    }

    private static int RunSeeds(SimulationArguments arguments, TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        var campaign = new Campaign(arguments.Steps, Mutation.CoresOf(arguments.CoresName));
        var mostViolations = arguments.Mutation is null ? MostViolations : 1;
        var summary = campaign.Run(arguments.First, arguments.Last, arguments.Threads, mostViolations, (done, broken) => Tell(done, broken, arguments, output));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.Seeds} seeds, {summary.Steps:N0} steps, {summary.Requests:N0} requests, {summary.Answers:N0} answers in {watch.Elapsed.TotalSeconds:N1} s ({summary.Steps / watch.Elapsed.TotalSeconds:N0} steps a second)"));
        if (summary.FirstViolation is not { } first)
        {
            output.WriteLine($"every invariant held; seeds {arguments.First} to {arguments.Last} hash to {summary.Hash:x16}");
            return 0;
        }

        List(summary, output);
        Explain(first, arguments, output);
        return 1;
    }

    private static void Tell(int done, SimulationResult? broken, SimulationArguments arguments, TextWriter output)
    {
        var seeds = arguments.Last - arguments.First + 1;
        if (broken is not null && seeds > 1)
        {
            output.WriteLine($"seed {broken.Seed}: {broken.Violation!.Message}");
        }
        else if (done % 100 == 0 && seeds >= 1_000)
        {
            output.WriteLine($"{done} of {seeds} seeds");
        }

        output.Flush();
    }

    private static void List(CampaignSummary summary, TextWriter output)
    {
        output.WriteLine($"{summary.Violations.Count} of {summary.Seeds} seeds broke an invariant:");
        foreach (var broken in summary.Violations)
        {
            output.WriteLine($"  seed {broken.Seed} after {broken.Steps} steps: {broken.Violation!.Message}");
        }
    }

    private static void Explain(SimulationResult broken, SimulationArguments arguments, TextWriter output)
    {
        output.WriteLine($"looking for a short trace of seed {broken.Seed} ...");
        var cores = Mutation.CoresOf(arguments.CoresName);
        var shrinker = new Shrinker(new SimulationOptions(broken.Seed, arguments.Steps, cores), broken.Violation!.Invariant);
        var (options, result) = shrinker.Shrink();
        var file = new ReplayFile(options.Seed, options.Steps, arguments.CoresName, [.. result.Decisions.Select(static decision => decision.Id)], broken.Violation.Invariant);
        var path = Path.Combine(Environment.GetEnvironmentVariable("NCN_ROOT") ?? ".", "artifacts", "sim", $"seed-{broken.Seed}.json");
        file.Write(path);
        output.WriteLine($"the shortest of {shrinker.Runs} runs has {result.Decisions.Count} decisions:");
        Print(result, output);
        output.WriteLine($"again: ./ncn sim --replay {Path.GetRelativePath(Directory.GetCurrentDirectory(), path)}");
    }

    private static int Replay(ReplayFile file, TextWriter output)
    {
        var cores = Mutation.CoresOf(file.Mutation);
        var result = SeedRun.Run(new SimulationOptions(file.Seed, file.Steps, cores, file.Kept?.ToHashSet(), IsRecording: true));
        Print(result, output);
        output.WriteLine(result.Violation is null ? $"every invariant held; hash {result.Hash:x16}" : $"hash {result.Hash:x16}");
        return result.Violation is null ? 0 : 1;
    }

    private static void Print(SimulationResult result, TextWriter output)
    {
        foreach (var decision in result.Decisions)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  +{decision.At / 1000.0:0.000} s  {decision.Words}"));
        }

        output.WriteLine($"what happened{(result.Lines.Count > MostLines ? $", the last {MostLines} of {result.Lines.Count} lines" : string.Empty)}:");
        foreach (var line in result.Lines.TakeLast(MostLines))
        {
            output.WriteLine($"  {line}");
        }

        if (result.Violation is { } violation)
        {
            output.WriteLine($"  then: {violation.Message}");
        }
    }
}
