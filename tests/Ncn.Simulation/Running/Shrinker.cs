namespace Ncn.Simulation.Running;

/// <summary>Makes the trace of a violation short: leaves out decisions as long as the same invariant still breaks (delta debugging: Zeller and Hildebrandt, 2002).</summary>
/// <remarks>
/// 1. The run is made shorter. 2. Decisions are left out in halves, quarters and so on, and at last one by one. What is left out does not
/// happen: no message is lost, nobody crashes, nothing is asked. The rest happens as before, by the same luck.
/// </remarks>
public sealed class Shrinker(SimulationOptions options, string invariant)
{
    private const long MostSteps = 8_000_000;
    private const long LeastRun = 200;
    private long _spent;

    /// <summary>Runs that were tried.</summary>
    public int Runs { get; private set; }

    /// <summary>The shortest run found, recorded; it breaks the same invariant.</summary>
    public (SimulationOptions Options, SimulationResult Result) Shrink()
    {
        var best = Try(options with { IsRecording = true }) ?? throw new InvalidOperationException($"Seed {options.Seed} does not break '{invariant}' a second time: the simulation is not deterministic.");
        for (var isShorter = true; isShorter && _spent < MostSteps;)
        {
            var before = best.Result.Decisions.Count;
            best = LeaveOut(Shorten(best));
            isShorter = best.Result.Decisions.Count < before;
        }

        return best;
    }

    private (SimulationOptions Options, SimulationResult Result) Shorten((SimulationOptions Options, SimulationResult Result) best)
    {
        for (var steps = LeastRun; steps < best.Options.Steps; steps *= 2)
        {
            if (Try(best.Options with { Steps = steps }) is { } shorter)
            {
                return shorter;
            }
        }

        return best;
    }

    private (SimulationOptions Options, SimulationResult Result) LeaveOut((SimulationOptions Options, SimulationResult Result) best)
    {
        for (var size = Math.Max(1, best.Result.Decisions.Count / 2); size >= 1 && _spent < MostSteps; size /= 2)
        {
            for (var start = 0; start < best.Result.Decisions.Count && _spent < MostSteps;)
            {
                var kept = best.Result.Decisions.Where((_, index) => index < start || index >= start + size).Select(static decision => decision.Id).ToHashSet();
                if (Try(best.Options with { Kept = kept }) is { } shorter)
                {
                    best = shorter;
                }
                else
                {
                    start += size;
                }
            }
        }

        return best;
    }

    private (SimulationOptions Options, SimulationResult Result)? Try(SimulationOptions candidate)
    {
        var result = SeedRun.Run(candidate);
        Runs++;
        _spent += result.Steps;
        return result.Violation?.Invariant == invariant ? (candidate, result) : null;
    }
}
