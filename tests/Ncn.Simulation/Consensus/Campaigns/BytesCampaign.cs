using Ncn.Simulation.Actors;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Consensus;

/// <summary>What came of a network that exchanges bytes.</summary>
internal sealed record BytesOutcome(ViolationException? Violation, long Steps, int Taken, int Refused);

/// <summary>Validators in a world of their own that exchange real frames, signed by real keys; what a Byzantine one sends comes with frames that are like it.</summary>
internal static class BytesCampaign
{
    private const int Most = 7;

    internal static BytesOutcome Run(ulong seed, long steps, FrameFault fault = FrameFault.None)
    {
        var cores = new ConsensusCores { IsAlone = true };
        var profile = ConsensusProfile.Of(seed, isAlone: true, most: Most, keys: ValidatorKeys.Signing(Names.Content(seed + 1))) with { Fault = fault };
        var part = new ConsensusPart(profile, cores);
        var result = PartRun.Run(new SimulationOptions(seed, steps, new Cores { Consensus = cores }), part);
        var counts = part.Network.Honest.Select(static validator => validator.Frames!.Count).ToArray();
        return new BytesOutcome(result.Violation, result.Steps, counts.Sum(static count => count.Taken), counts.Sum(static count => count.Refused));
    }
}
