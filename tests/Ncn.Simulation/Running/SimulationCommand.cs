using System.Diagnostics;
using System.Globalization;
using Ncn.Simulation.Mutations;

namespace Ncn.Simulation.Running;

/// <summary>The command <c>./ncn sim</c>: exits with 0 when every invariant held, 1 when one broke, 2 when it was called wrongly.</summary>
internal static class SimulationCommand
{
    private const int MostLines = 200;

    internal static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        try
        {
            if (args is ["--help" or "-h"] or [])
            {
                output.WriteLine(SimulationArguments.Usage);
                return 0;
            }

            if (args is ["--mutations"])
            {
                ListMutations(output);
                return 0;
            }

            var arguments = SimulationArguments.Parse(args);
            return arguments.Replay is { } file ? Replay(ReplayFile.Read(file), output) : RunSeeds(arguments, output);
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

    private static int RunSeeds(SimulationArguments arguments, TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        var campaign = new Campaign(arguments.Steps, Mutation.CoresOf(arguments.CoresName));
        var summary = campaign.Run(arguments.First, arguments.Last, arguments.Threads, done => Tell(done, arguments, output));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.Seeds} seeds, {summary.Steps:N0} steps, {summary.Requests:N0} requests, {summary.Answers:N0} answers in {watch.Elapsed.TotalSeconds:N1} s ({summary.Steps / watch.Elapsed.TotalSeconds:N0} steps a second)"));
        if (summary.FirstViolation is not { } broken)
        {
            output.WriteLine($"every invariant held; seeds {arguments.First} to {arguments.Last} hash to {summary.Hash:x16}");
            return 0;
        }

        Explain(broken, arguments, output);
        return 1;
    }

    private static void Tell(int done, SimulationArguments arguments, TextWriter output)
    {
        if (done % 100 == 0 && arguments.Last - arguments.First >= 1_000)
        {
            output.WriteLine($"{done} of {arguments.Last - arguments.First + 1} seeds");
            output.Flush();
        }
    }

    private static void Explain(SimulationResult broken, SimulationArguments arguments, TextWriter output)
    {
        output.WriteLine($"seed {broken.Seed} breaks an invariant after {broken.Steps} steps: {broken.Violation!.Message}");
        output.WriteLine("looking for a short trace ...");
        var cores = Mutation.CoresOf(arguments.CoresName);
        var shrinker = new Shrinker(new SimulationOptions(broken.Seed, arguments.Steps, cores), broken.Violation.Invariant);
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
