using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>An epoch that is over, as a shell has it on its disk: for <see cref="ConsensusState.Restore"/>.</summary>
/// <param name="Own">The own place in its set; null for one that only followed.</param>
/// <param name="End">Its EpochEnd block.</param>
public sealed record ClosedEpoch(ulong Number, ValidatorSet Set, int? Own, Block End);

/// <summary>Who signs checkpoints of an epoch, and the own place among them.</summary>
internal sealed record Electorate(ValidatorSet Set, int? Own);

/// <summary>Signatures under checkpoints, of the last few heights.</summary>
/// <param name="Certified">The highest height that was handed out for submission, or that the chain is known to have.</param>
/// <param name="ByHeight">Of each signer the first, and one that conflicts with it.</param>
/// <param name="Sets">Of this epoch, the one before, and each whose end is open.</param>
/// <param name="Ends">The last checkpoints of closed epochs that are not certified yet, by epoch (rule P4).</param>
internal sealed record OpenCheckpoints(
    ulong Certified, ImmutableSortedDictionary<ulong, ImmutableArray<VerifiedCheckpoint>> ByHeight,
    ImmutableSortedDictionary<ulong, Electorate> Sets, ImmutableSortedDictionary<ulong, Checkpoint> Ends)
{
    internal static OpenCheckpoints None { get; } = new(
        0, ImmutableSortedDictionary<ulong, ImmutableArray<VerifiedCheckpoint>>.Empty, ImmutableSortedDictionary<ulong, Electorate>.Empty, ImmutableSortedDictionary<ulong, Checkpoint>.Empty);

    internal ImmutableArray<VerifiedCheckpoint> this[ulong height] => ByHeight.GetValueOrDefault(height, []);

    /// <summary>The own place in the set of an epoch; null for none.</summary>
    internal int? OwnIn(ulong epoch) => Sets.GetValueOrDefault(epoch)?.Own;

    /// <summary>Whose signature it is: places are of the epoch's set.</summary>
    internal Address KeyOf(VerifiedCheckpoint checkpoint) => Sets[checkpoint.Checkpoint.Epoch].Set.Members[checkpoint.Signer].Key;

    internal OpenCheckpoints WithSet(ulong epoch, Electorate electorate)
    {
        var sets = Sets.SetItem(epoch, electorate);
        return this with { Sets = sets.RemoveRange(sets.Keys.Where(old => old + 1 < sets.Keys.Last() && !Ends.ContainsKey(old))) };
    }

    internal OpenCheckpoints WithEnd(Checkpoint end) => end.Height <= Certified ? this : this with { Ends = Ends.SetItem(end.Epoch, end) };

    /// <summary>All up to this height is certified, or known to be on the chain.</summary>
    internal OpenCheckpoints WithCertified(ulong height, int mostHeights) => height <= Certified ? this
        : (this with { Certified = height, Ends = Ends.RemoveRange(Ends.Where(end => end.Value.Height <= height).Select(static end => end.Key)) }).Trimmed(mostHeights);

    internal OpenCheckpoints With(VerifiedCheckpoint checkpoint, int mostHeights)
    {
        var height = checkpoint.Checkpoint.Height;
        return (this with { ByHeight = ByHeight.SetItem(height, this[height].Add(checkpoint)) }).Trimmed(mostHeights);
    }

    // The lowest go, but for open ends.
    private OpenCheckpoints Trimmed(int mostHeights)
    {
        ulong[] closed = [.. ByHeight.Keys.Where(height => Ends.Values.All(end => end.Height != height))];
        return closed.Length <= mostHeights ? this : this with { ByHeight = ByHeight.RemoveRange(closed.Take(closed.Length - mostHeights)) };
    }
}
