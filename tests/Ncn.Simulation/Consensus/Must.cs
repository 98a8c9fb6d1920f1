using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Consensus;

/// <summary>What every check of the validators is made of.</summary>
internal static class Must
{
    internal static void Hold(bool holds, string invariant, Func<string> details)
    {
        if (!holds)
        {
            throw new ViolationException(invariant, details());
        }
    }
}
