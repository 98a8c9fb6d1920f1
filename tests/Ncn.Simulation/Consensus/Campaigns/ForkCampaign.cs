using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Consensus;

/// <summary>What came of a network of which a third or more is Byzantine.</summary>
/// <param name="Blamed">Stake of those whose votes in honest validators' certificates exclude each other.</param>
/// <param name="IsFair">All of them are Byzantine, and the contract takes every piece of evidence.</param>
internal sealed record ForkOutcome(bool HasForked, UInt128 Blamed, UInt128 Total, bool IsFair);

/// <summary>
/// More than a third is Byzantine: two cores for each key, one for each half of the honest, between which nothing passes for a while. Then chains
/// fork, and what honest validators hold must name a third of the stake, and nobody honest (section 3 of the protocol's reasons).
/// </summary>
internal static class ForkCampaign
{
    private const ulong Apart = 12_000;
    private const ulong Together = 15_000;
    private static readonly (int Count, int Byzantine)[] Shapes = [(4, 2), (5, 2), (6, 3), (7, 3), (7, 4), (10, 4)];

    /// <summary>One network.</summary>
    internal static ForkOutcome Run(ulong seed)
    {
        var (count, byzantine) = Shapes[seed % (ulong)Shapes.Length];
        var world = new World(new WorldOptions(seed));
        var network = new ValidatorNetwork(world, ConsensusProfile.Even(seed, count, byzantine, Strategy.NotReady), new ConsensusCores(), hasTwins: true, mayFork: true);
        var honest = network.Honest.ToArray();
        // The first copies of the Byzantine ones are with the first half, the second copies with the second.
        var left = network.All.Take(byzantine).Concat(honest.Take(honest.Length / 2)).ToHashSet();
        foreach (var from in network.All)
        {
            foreach (var to in network.All.Where(to => left.Contains(from) != left.Contains(to)))
            {
                world.Network.Cut(from, to);
            }
        }

        world.Start();
        foreach (var validator in network.All)
        {
            validator.Work(hasWork: true);
        }

        Pass(world, Apart);
        world.Network.Heal();
        Pass(world, Together);
        return Blame(network, honest);
    }

    private static ForkOutcome Blame(ValidatorNetwork network, ValidatorProcess[] honest)
    {
        var set = network.Profile.First;
        var (blamed, isFair) = (new HashSet<Address>(), true);
        foreach (var (left, right) in honest.SelectMany((left, at) => honest.Skip(at + 1).Select(right => (left, right))))
        {
            foreach (var evidence in Evidence.Between(left.Rows.Certificates.Values, right.Rows.Certificates.Values))
            {
                var key = network.Registry.Slash(evidence, set);
                isFair &= key is { } named && !network.IsHonest(named);
                blamed.Add(key ?? default);
            }
        }

        var stake = set.Members.Where(member => blamed.Contains(member.Key)).Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);
        return new ForkOutcome(network.Invariants.HasForked, stake, set.TotalWeight, isFair);
    }

    internal static void Pass(World world, ulong milliseconds)
    {
        for (var until = world.Now + milliseconds; world.Now < until && world.Step();)
        {
        }
    }
}
