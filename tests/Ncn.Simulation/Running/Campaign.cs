using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Running;

/// <summary>What many seeds came to.</summary>
/// <param name="Hash">Over all seeds, in their order.</param>
/// <param name="Violations">Of the seeds that broke an invariant, in their order.</param>
public sealed record CampaignSummary(int Seeds, long Steps, long Requests, long Answers, ulong Hash, IReadOnlyList<SimulationResult> Violations)
{
    /// <summary>Of the lowest seed that broke an invariant; null when every invariant held.</summary>
    public SimulationResult? FirstViolation => Violations.Count > 0 ? Violations[0] : null;
}

/// <summary>Runs many seeds side by side; each by itself has one thread.</summary>
public sealed class Campaign(long steps, Cores cores)
{
    /// <summary>Runs the seeds.</summary>
    /// <param name="mostViolations">After so many no new seed is begun.</param>
    /// <param name="progress">Called with how many are done and, when it broke an invariant, the seed that ended.</param>
    public CampaignSummary Run(ulong first, ulong last, int threads, int mostViolations = 1, Action<int, SimulationResult?>? progress = null)
    {
        var results = new SortedDictionary<ulong, SimulationResult>();
        var next = first;
        var broken = 0;
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            while (true)
            {
                ulong seed;
                lock (results)
                {
                    if (next > last || broken >= mostViolations)
                    {
                        return;
                    }

                    seed = next++;
                }

                var result = SeedRun.Run(new SimulationOptions(seed, steps, cores));
                lock (results)
                {
                    results.Add(seed, result);
                    broken += result.Violation is null ? 0 : 1;
                    progress?.Invoke(results.Count, result.Violation is null ? null : result);
                }
            }
        })).ToArray();
        Array.ForEach(workers, static worker => worker.Start());
        Array.ForEach(workers, static worker => worker.Join());
        return new CampaignSummary(
            results.Count, results.Values.Sum(static result => result.Steps), results.Values.Sum(static result => (long)result.Requests),
            results.Values.Sum(static result => (long)result.Answers), results.Values.Aggregate(0UL, static (hash, result) => Mix.Of(hash, result.Hash)),
            [.. results.Values.Where(static result => result.Violation is not null)]);
    }
}
