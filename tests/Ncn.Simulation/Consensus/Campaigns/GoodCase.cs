using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Consensus;

/// <summary>Nobody lies, nothing is lost, every message takes equally long: from a leader's proposal to finality at everybody three messages follow each other.</summary>
internal static class GoodCase
{
    internal const ulong Delay = 40;
    private const ulong Length = 10_000;

    /// <summary>Milliseconds from each proposal to each delivery of it.</summary>
    internal static IReadOnlyList<ulong> Run(int count)
    {
        var world = new World(new WorldOptions((ulong)count));
        (world.Network.LeastDelay, world.Network.Spread) = (Delay, 1);
        var network = new ValidatorNetwork(world, ConsensusProfile.Even(1, count, 0, Strategy.Honest), new ConsensusCores());
        var (proposed, delivered, delays) = (new Dictionary<Hash32, ulong>(), new HashSet<(int, Hash32)>(), new List<ulong>());
        world.Start();
        foreach (var validator in network.All)
        {
            validator.Work(hasWork: true);
        }

        while (world.Now < World.Beginning + Length && world.Step())
        {
            foreach (var validator in network.All)
            {
                if (validator.State.Proposal is { Block: var block })
                {
                    proposed.TryAdd(block.Hash, world.Now);
                }

                if (validator.State.Delivered is { Height: > 0, Hash: var hash } && proposed.TryGetValue(hash, out var at) && delivered.Add((validator.Number, hash)))
                {
                    delays.Add(world.Now - at);
                }
            }
        }

        return delays;
    }
}
