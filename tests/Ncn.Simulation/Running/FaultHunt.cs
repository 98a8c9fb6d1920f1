using Ncn.Simulation.Kernel;
using Ncn.Simulation.Mutations;

namespace Ncn.Simulation.Running;

/// <summary>Looks for a planted fault until it is found by the invariant that it is there for.</summary>
/// <param name="Seed">The seed that found it; 0 for none.</param>
/// <param name="Surprise">What broke instead and is not among the invariants that the fault may break; null for nothing.</param>
internal sealed record FaultHunt(ulong Seed, ViolationException? Surprise)
{
    internal bool IsFound => Seed != 0;

    internal static FaultHunt Run(Mutation mutation, ulong first, ulong last, long steps)
    {
        for (var seed = first; seed <= last; seed++)
        {
            var broken = SeedRun.Run(new SimulationOptions(seed, steps, mutation.Cores)).Violation;
            if (broken is not null && !mutation.Breaks.Contains(broken.Invariant))
            {
                return new FaultHunt(0, broken);
            }

            if (broken?.Invariant == mutation.Breaks[0])
            {
                return new FaultHunt(seed, null);
            }
        }

        return new FaultHunt(0, null);
    }
}
