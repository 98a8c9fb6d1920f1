using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Running;

/// <summary>What many seeds came to.</summary>
/// <param name="Hash">Over all seeds, in their order.</param>
/// <param name="FirstViolation">Of the lowest seed that broke an invariant among those that ran.</param>
public sealed record CampaignSummary(int Seeds, long Steps, long Requests, long Answers, ulong Hash, SimulationResult? FirstViolation);

/// <summary>Runs many seeds side by side; each by itself has one thread.</summary>
public sealed class Campaign(long steps, Cores cores)
{
    /// <summary>Runs the seeds; after a violation no new one is begun.</summary>
    /// <param name="progress">Called with how many are done.</param>
    public CampaignSummary Run(ulong first, ulong last, int threads, Action<int>? progress = null)
    {
        var results = new SortedDictionary<ulong, SimulationResult>();
        var next = first;
        var isBroken = false;
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            while (true)
            {
                ulong seed;
                lock (results)
                {
                    if (next > last || isBroken)
                    {
                        return;
                    }

                    seed = next++;
                }

                var result = SeedRun.Run(new SimulationOptions(seed, steps, cores));
                lock (results)
                {
                    results.Add(seed, result);
                    isBroken |= result.Violation is not null;
                    progress?.Invoke(results.Count);
                }
            }
        })).ToArray();
        Array.ForEach(workers, static worker => worker.Start());
        Array.ForEach(workers, static worker => worker.Join());
        return new CampaignSummary(
            results.Count, results.Values.Sum(static result => result.Steps), results.Values.Sum(static result => (long)result.Requests),
            results.Values.Sum(static result => (long)result.Answers), results.Values.Aggregate(0UL, static (hash, result) => Mix.Of(hash, result.Hash)),
            results.Values.FirstOrDefault(static result => result.Violation is not null));
    }
}
