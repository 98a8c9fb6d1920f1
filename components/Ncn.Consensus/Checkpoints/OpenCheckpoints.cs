using System.Collections.Immutable;

namespace Ncn.Consensus;

/// <summary>Signatures under checkpoints, of the last few heights.</summary>
/// <param name="Certified">The highest height that was handed out for submission.</param>
/// <param name="ByHeight">Of each signer the first, and one that conflicts with it.</param>
/// <param name="Sets">Of this epoch and the one before: an epoch's last checkpoint is still collected in the next.</param>
internal sealed record OpenCheckpoints(
    ulong Certified, ImmutableSortedDictionary<ulong, ImmutableArray<VerifiedCheckpoint>> ByHeight, ImmutableSortedDictionary<ulong, ValidatorSet> Sets)
{
    private const int MostSets = 2;

    internal static OpenCheckpoints None { get; } = new(0, ImmutableSortedDictionary<ulong, ImmutableArray<VerifiedCheckpoint>>.Empty, ImmutableSortedDictionary<ulong, ValidatorSet>.Empty);

    internal ImmutableArray<VerifiedCheckpoint> this[ulong height] => ByHeight.GetValueOrDefault(height, []);

    internal OpenCheckpoints WithSet(ulong epoch, ValidatorSet set)
    {
        var sets = Sets.SetItem(epoch, set);
        return this with { Sets = sets.Count > MostSets ? sets.Remove(sets.Keys.First()) : sets };
    }

    internal OpenCheckpoints With(VerifiedCheckpoint checkpoint, int mostHeights)
    {
        var height = checkpoint.Checkpoint.Height;
        var all = ByHeight.SetItem(height, this[height].Add(checkpoint));
        return this with { ByHeight = all.Count > mostHeights ? all.Remove(all.Keys.First()) : all };
    }
}
