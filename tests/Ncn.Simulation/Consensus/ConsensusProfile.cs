using Ncn.Consensus;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>How many validators a seed has, with which stake, and which of them are Byzantine: just under a third of the stake.</summary>
internal sealed record ConsensusProfile(EpochSettings Epoch, IReadOnlyList<Strategy> Strategies)
{
    private static readonly int[] Sizes = [4, 4, 4, 5, 7, 7, 10, 31];

    internal static ConsensusLimits Limits { get; } = new() { UnitMilliseconds = 100, IdleMilliseconds = 4_000, ResendMilliseconds = 500, LongestResendMilliseconds = 4_000, CheckpointInterval = 5, MaxCatchUp = 12 };

    internal static ConsensusProfile Of(ulong seed)
    {
        ulong Draw(ulong what, ulong bound) => Mix.Of(Mix.Of(seed, 77), what) % bound;
        var count = Sizes[Draw(1, (ulong)Sizes.Length)];
        var isEven = Draw(2, 2) == 0;
        var set = ValidatorSet.Of(Enumerable.Range(0, count).Select(i => new Validator(Names.Node(1_000 + i), isEven ? 10 : 1 + Draw(10 + (ulong)i, 30))));
        var epoch = new EpochSettings(
            Names.Content(seed), 1, set, null, new LeaderSchedule(set, Names.Content(Draw(3, ulong.MaxValue))), EpochSettings.Genesis(Names.Content(seed), LedgerState.Empty.Roots(default)), ulong.MaxValue);
        return new ConsensusProfile(epoch, Cast(set, what => Draw(100 + what, 1_000_000)));
    }

    private static Strategy[] Cast(ValidatorSet set, Func<ulong, ulong> draw)
    {
        var strategies = new Strategy[set.Members.Length];
        var weight = UInt128.Zero;
        foreach (var member in Enumerable.Range(0, strategies.Length).OrderBy(member => draw((ulong)member)))
        {
            if (3 * (weight + set.Members[member].Weight) < set.TotalWeight)
            {
                weight += set.Members[member].Weight;
                strategies[member] = (Strategy)(1 + (draw(200 + (ulong)member) % 6));
            }
        }

        return strategies;
    }
}
