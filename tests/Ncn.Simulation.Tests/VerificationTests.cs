using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Running;
using Ncn.Simulation.Verification;

namespace Ncn.Simulation.Tests;

public sealed class VerificationTests
{
    private static readonly Cores Alone = new() { Consensus = new ConsensusCores { IsAlone = true }, Verification = new VerificationCores() };

    // 258: a validator that had crashed did not know its own last statement any more, and no block with it was ever judged.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(258)]
    public void Who_cheats_is_out_and_nobody_honest_is_punished(ulong seed)
    {
        var result = SeedRun.Run(new SimulationOptions(seed, 3_000, Alone));

        Assert.True(result.Violation is null, $"{result.Violation?.Message}; ./ncn sim --seed {seed} --steps 3000 --only consensus --with verification shows a short trace");
    }

    [Fact]
    public void A_seed_with_verification_gives_the_same_run_every_time() =>
        Assert.Equal(SeedRun.Run(new SimulationOptions(4, 500, Alone)).Hash, SeedRun.Run(new SimulationOptions(4, 500, Alone)).Hash);
}
