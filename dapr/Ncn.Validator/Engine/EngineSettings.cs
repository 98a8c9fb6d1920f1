using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Engine;

/// <summary>What all validators of a network have in common, and where this one keeps its rows.</summary>
/// <param name="Network">Salt of the vote domain.</param>
/// <param name="EpochHeights">Heights of an epoch; the same for all validators.</param>
internal sealed record EngineSettings(Hash32 Network, GuardDomains Domains, ConsensusLimits Limits, ulong EpochHeights)
{
    /// <summary>The rows begin a new part when they have grown beyond this, bytes.</summary>
    internal long PartBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Links of the own chain of reveals, one for each own block; making them all takes a second.</summary>
    internal int RevealLinks { get; init; } = RevealChain.Links;

    /// <summary>The first epoch, which every validator makes for itself from the first snapshot.</summary>
    internal EpochSettings FirstEpoch(ValidatorSet set)
    {
        var genesis = EpochSettings.Genesis(Network, LedgerState.Empty.Roots(default));
        return new EpochSettings(Network, 1, set, null, new LeaderSchedule(set, LeaderSchedule.NextSeed(default, Network, default, 1)), genesis, EpochHeights);
    }

    /// <summary>The epoch after one that ended.</summary>
    /// <param name="ledger">After the EpochEnd block.</param>
    internal EpochSettings EpochAfter(Block end, LedgerState ledger, ValidatorSet set)
    {
        var number = end.Header.Epoch + 1;
        var seed = LeaderSchedule.NextSeed(default, ledger.Reveals, end.Header.Context.ChainHash, number);
        return new EpochSettings(Network, number, set, null, new LeaderSchedule(set, seed), EpochSettings.After(end), end.Height + EpochHeights);
    }
}

/// <summary>What a validator tells of itself; a copy that is replaced after each batch.</summary>
/// <param name="Failure">Why the engine has stopped; null while it runs.</param>
internal sealed record EngineStatus(
    EpochSettings Epoch, ulong View, ulong FinalView, Ancestor Delivered, LedgerState Ledger, string? HaltReason, string? Failure, SignerBits Accused, int Waiting, long Dropped);
