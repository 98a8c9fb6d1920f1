using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Running;
using Ncn.Simulation.Verification;

namespace Ncn.Simulation.Tests;

public sealed class VerificationTests
{
    private const long Steps = 3_000;
    private static readonly Cores Alone = new() { Consensus = new ConsensusCores { IsAlone = true }, Verification = new VerificationCores() };

    // 258: a validator that had crashed did not know its own last statement any more, and no block with it was ever judged.
    [Fact]
    public void Who_cheats_is_out_nobody_honest_is_punished_and_probes_and_audits_are_fair()
    {
        var parts = new ulong[] { 1, 2, 258 }.Select(Run).ToArray();

        int[] counts =
        [
            parts.Sum(static happened => happened.Canaries), parts.Sum(static happened => happened.Plants), parts.Sum(static happened => happened.FalsePlants),
            parts.Sum(static happened => happened.AuditsWon), parts.Sum(static happened => happened.AuditsLost), parts.Sum(static happened => happened.Penalties), parts.Sum(static happened => happened.Pardons),
        ];
        Assert.True(counts.Min() > 0, $"{string.Join("; ", parts.AsEnumerable())}: the simulation tests too little");
    }

    [Fact]
    public void A_seed_with_verification_gives_the_same_run_every_time() =>
        Assert.Equal(SeedRun.Run(new SimulationOptions(4, 500, Alone)).Hash, SeedRun.Run(new SimulationOptions(4, 500, Alone)).Hash);

    private static Happened Run(ulong seed)
    {
        var part = (VerificationPart)SeedRun.Validators(ConsensusProfile.Of(seed, isAlone: true, most: 7), Alone.Consensus!, Alone.Verification);
        var result = PartRun.Run(new SimulationOptions(seed, Steps, Alone), part);

        Assert.True(result.Violation is null, $"{result.Violation?.Message}; ./ncn sim --seed {seed} --steps {Steps} --only consensus --with verification shows a short trace");
        return part.Invariants.Happened;
    }
}
