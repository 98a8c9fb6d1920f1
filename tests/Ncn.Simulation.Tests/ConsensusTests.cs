using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Running;

namespace Ncn.Simulation.Tests;

public sealed class ConsensusTests
{
    private const long Steps = 4_000;

    [Fact]
    public void Validators_keep_every_invariant_beside_the_rest_of_the_network()
    {
        var summary = new Campaign(Steps, new Cores { Consensus = new ConsensusCores() }).Run(1, 6, threads: 2);

        Assert.True(summary.FirstViolation is null, $"seed {summary.FirstViolation?.Seed}: {summary.FirstViolation?.Violation?.Message}; ./ncn sim --seed {summary.FirstViolation?.Seed} --steps {Steps} --with consensus shows a short trace");
        Assert.Equal(6, summary.Seeds);
    }

    [Fact]
    public void Seeds_have_4_to_31_validators_and_less_than_a_third_of_the_stake_is_Byzantine()
    {
        var profiles = Enumerable.Range(1, 300).Select(static seed => ConsensusProfile.Of((ulong)seed)).ToArray();

        Assert.Equal([4, 5, 7, 10, 31], profiles.Select(static profile => profile.Strategies.Count).Distinct().Order());
        Assert.Equal(Enum.GetValues<Strategy>(), profiles.SelectMany(static profile => profile.Strategies).Distinct().Order());
        Assert.All(profiles, static profile => Assert.True(3 * Byzantine(profile) < profile.Epoch.Set.TotalWeight));
        Assert.True(profiles.Average(static profile => (double)Byzantine(profile) / (double)profile.Epoch.Set.TotalWeight) > 0.25);
    }

    [Fact]
    public void A_seed_with_validators_gives_the_same_run_every_time() => Assert.Equal(Hash(3), Hash(3));

    private static ulong Hash(ulong seed) => SeedRun.Run(new SimulationOptions(seed, 1_000, new Cores { Consensus = new ConsensusCores() })).Hash;

    private static UInt128 Byzantine(ConsensusProfile profile) => profile.Epoch.Set.Members
        .Where((_, member) => profile.Strategies[member] != Strategy.Honest).Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);
}
