using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;

namespace Ncn.Simulation.Consensus;

/// <summary>How much of the stake is Byzantine.</summary>
internal enum Share
{
    None,
    One,

    /// <summary>As much as fits under a third: what safety and progress are promised for.</summary>
    UnderThird,

    /// <summary>A third to the unit: safe, but it need not go on.</summary>
    ExactlyThird,

    /// <summary>Many small ones, with less than a third of the stake.</summary>
    Crowd,
}

/// <summary>What honest validators lose.</summary>
internal enum Loss
{
    None,

    /// <summary>The rows of certificates; the guard is there.</summary>
    Certificates,

    /// <summary>The whole disk: they go on with a new key.</summary>
    Disks,
}

/// <summary>How many validators a seed has, with which stake, and which of them are Byzantine.</summary>
/// <param name="First">Who votes in epoch 1.</param>
/// <param name="Strategies">Of every validator there ever is, by number; those after the first set's wait for a place.</param>
/// <param name="EpochLength">Heights of an epoch; 0 for one without an end.</param>
/// <param name="MayStop">Nobody promises that it goes on: too much is Byzantine, or a certificate that nobody else has may be lost.</param>
internal sealed record ConsensusProfile(Hash32 Network, ValidatorSet First, IReadOnlyList<Strategy> Strategies, ulong EpochLength, Loss Loss, bool MayStop)
{
    private const ulong LongestEpoch = 12;
    private static readonly int[] Sizes = [4, 4, 4, 5, 7, 7, 10, 31];
    private static readonly Strategy[] Bold = [Strategy.SigningEverything, Strategy.SigningEverything, Strategy.Equivocating, Strategy.Changing];
    private static readonly int[] SizesAlone = [4, 4, 4, 4, 5, 7, 7, 10, 10, 13, 31];

    internal static ConsensusLimits Limits { get; } = new()
    {
        UnitMilliseconds = 100,
        LongestUnitMilliseconds = 20_000,
        IdleMilliseconds = 4_000,
        ResendMilliseconds = 500,
        LongestResendMilliseconds = 4_000,
        CheckpointInterval = 5,
        MaxCatchUp = LongestEpoch,
        PastEpochs = 4, // of a few seconds each
    };

    /// <summary>As all validators of the seed have them.</summary>
    internal ConsensusLimits Bounds { get; init; } = Limits;

    /// <summary>What the validators sign with.</summary>
    internal ValidatorKeys Keys { get; init; } = ValidatorKeys.Named;

    /// <summary>A fault in how frames are read, where they are.</summary>
    internal FrameFault Fault { get; init; }

    internal EpochSettings Epoch(LeaderSchedule leaders, int? own) => new(
        Network, 1, First, own, leaders, EpochSettings.Genesis(Network, LedgerState.Empty.Roots(default)), EpochLength == 0 ? ulong.MaxValue : EpochLength);

    /// <summary>The validators of a seed.</summary>
    /// <param name="isAlone">They have a world for themselves: there are more kinds of them.</param>
    internal static ConsensusProfile Of(ulong seed, bool isAlone = false, Share? share = null, Strategy? strategy = null, int most = ValidatorSet.Most, ValidatorKeys? keys = null)
    {
        ulong Draw(ulong what, ulong bound) => Mix.Of(Mix.Of(seed, 77), what) % bound;
        var sizes = isAlone ? SizesAlone : Sizes;
        var kind = share ?? (Draw(4, 8) switch { 0 => Share.None, 1 => Share.One, 2 => Share.Crowd, _ => Share.UnderThird });
        var count = kind switch { Share.ExactlyThird => 6, Share.Crowd => 7, _ => Math.Min(most, sizes[Draw(1, (ulong)sizes.Length)]) };
        keys ??= ValidatorKeys.Named;
        var set = ValidatorSet.Of(Enumerable.Range(0, count).Select(i => new Validator(keys.Of(i, 0), WeightOf(kind, count, i, Draw(2, 4), what => Draw(10 + what, 30)))));
        var strategies = Cast(kind, set, count + 2, what => Draw(100 + what, 1_000_000)).Select(cast => cast == Strategy.Honest ? cast : strategy ?? cast).ToArray();
        var epochLength = count > 13 || Draw(5, 4) == 0 ? 0 : 4 + Draw(6, LongestEpoch - 3);
        var loss = isAlone && kind is Share.None or Share.One ? (Loss)Draw(7, 3) : Loss.None;
        return new ConsensusProfile(Names.Content(seed + 1), set, strategies, epochLength, loss, kind == Share.ExactlyThird || loss == Loss.Certificates) { Keys = keys };
    }

    /// <summary>Validators of equal stake without an end of their epoch, the first of them Byzantine.</summary>
    internal static ConsensusProfile Even(ulong seed, int count, int byzantine, Strategy strategy) => new(
        Names.Content(seed + 1), ValidatorSet.Of(Enumerable.Range(0, count).Select(static i => new Validator(ValidatorKeys.Named.Of(i, 0), 10))),
        [.. Enumerable.Range(0, count).Select(i => i < byzantine ? strategy : Strategy.Honest)], 0, Loss.None, MayStop: 3 * byzantine >= count);

    // Even; by luck; one just under a third; a few large ones and many small.
    private static UInt128 WeightOf(Share share, int count, int member, ulong layout, Func<ulong, ulong> draw) => (share, layout) switch
    {
        (Share.ExactlyThird, _) => 10,
        (Share.Crowd, _) => member < 3 ? 10U : 1U,
        (_, 0) => 10,
        (_, 1) => member == 0 ? (UInt128)(count - 1) * 5 - 1 : 10,
        (_, 2) => member < (count + 1) / 2 ? 20U : 7U,
        _ => 1 + draw((ulong)member),
    };

    private static Strategy[] Cast(Share share, ValidatorSet set, int all, Func<ulong, ulong> draw)
    {
        var strategies = new Strategy[all];
        var (weight, total, many) = (UInt128.Zero, set.TotalWeight, 0);
        var order = Enumerable.Range(0, set.Members.Length).OrderBy(member => share == Share.Crowd ? (ulong)set.Members[member].Weight : draw((ulong)member));
        foreach (var member in order.Where(_ => share != Share.None))
        {
            var more = weight + set.Members[member].Weight;
            if ((share == Share.ExactlyThird ? 3 * more <= total : 3 * more < total) && (share != Share.One || many == 0) && (share != Share.Crowd || set.Members[member].Weight == 1))
            {
                (weight, many) = (more, many + 1);
                var luck = draw(200 + (ulong)member);
                var drawn = share is Share.ExactlyThird or Share.Crowd ? Bold[luck % (ulong)Bold.Length] : (Strategy)(1 + (luck % (ulong)Strategy.Changing));
                strategies[member] = drawn == Strategy.Equivocating && share is not (Share.ExactlyThird or Share.Crowd) && luck / (ulong)Strategy.Changing % 2 == 0 ? Strategy.DividingEnds : drawn;
            }
        }

        return strategies;
    }
}
