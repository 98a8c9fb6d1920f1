using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Running;

/// <summary>
/// Something that lives in a simulated world beside the rest, under the same network, clocks, disks and faults: discovery, consensus
/// and verification do. Its processes run their cores, and check each step of them where they take it.
/// </summary>
internal interface ISimulated
{
    /// <summary>Makes its processes. Those that it returns crash, are cut off, have slow disks and wrong clocks like all others.</summary>
    IReadOnlyList<Process> Build(World world, Cores cores);

    /// <summary>Somebody wants something of it: one decision, which can be left out of a trace.</summary>
    /// <param name="id">All its luck is mixed out of this.</param>
    /// <returns>What happens, for the trace.</returns>
    string Act(ulong id);

    /// <summary>Somebody in it does what he should not, for a while: one decision too.</summary>
    string Misbehave(ulong id);

    /// <summary>From here on everybody is honest, is up and hears everybody.</summary>
    void BeCalm();

    /// <summary>Whether it has nothing left to do, once the world is calm.</summary>
    bool IsQuiet { get; }

    /// <summary>Throws <see cref="ViolationException"/> for what does not hold when all is quiet.</summary>
    void CheckQuiet();
}
