using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>What was signed in one view (rule D1).</summary>
public readonly record struct GuardRow(Hash32? Notarized, bool IsNullified, Hash32? Finalized);

/// <summary>
/// All that a key has signed and may contradict (rules D1, D2, D4). The core keeps a copy, so that it asks for nothing that would be
/// refused; the one that counts is in the process that holds the key, in its own file, synced before a signature exists.
/// </summary>
/// <param name="Epoch">Of the rows; an earlier epoch's votes are never signed again.</param>
/// <param name="Floor">No vote at or below this view is signed any more (rule D2).</param>
/// <param name="Rows">Of views above the floor.</param>
/// <param name="Mark">The highest checkpoint that was signed (rule D4); null for none.</param>
public sealed record SignGuard(ulong Epoch, ulong Floor, ImmutableSortedDictionary<ulong, GuardRow> Rows, Checkpoint? Mark)
{
    /// <summary>Nothing was signed in this epoch.</summary>
    public static SignGuard Of(ulong epoch, Checkpoint? mark = null) => new(epoch, 0, ImmutableSortedDictionary<ulong, GuardRow>.Empty, mark);

    /// <summary>The row of a view, empty when nothing was signed in it.</summary>
    public GuardRow this[ulong view] => Rows.GetValueOrDefault(view);

    /// <summary>Rules G1 to G4. Whether the view is the right one (and the Notarization of rule G3 is held) is the core's matter: it asks for nothing else.</summary>
    public bool Allows(Vote vote)
    {
        ArgumentNullException.ThrowIfNull(vote);
        if (!VerifiedVote.IsWellFormed(vote) || vote.Epoch != Epoch)
        {
            return false;
        }

        if (Has(vote))
        {
            return true; // G4: the same again
        }

        var row = this[vote.View];
        return vote.View > Floor && vote.Kind switch
        {
            VoteKind.Notarize => !row.IsNullified && row.Notarized is null && IsNoneOr(row.Finalized, vote.BlockHash), // G1
            VoteKind.Nullify => row.Finalized is null, // G2
            _ => !row.IsNullified && row.Finalized is null && IsNoneOr(row.Notarized, vote.BlockHash), // G3
        };
    }

    /// <summary>Rule G5: higher than all before, or the same again.</summary>
    public bool Allows(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Mark is null || checkpoint.Height > Mark.Height || checkpoint == Mark;
    }

    /// <summary>With the vote in its row. This is the change that a signer makes durable, against the row that it compared with, before it signs.</summary>
    /// <exception cref="InvalidOperationException">The vote is not allowed: a validator stops rather than sign it.</exception>
    public SignGuard With(Vote vote)
    {
        if (!Allows(vote))
        {
            throw new InvalidOperationException($"{vote.Kind} of {vote.BlockHash} in view {vote.View} of epoch {vote.Epoch} contradicts what was signed: {this[vote.View]}, floor {Floor}.");
        }

        var row = this[vote.View];
        return this with
        {
            Rows = vote.View <= Floor ? Rows : Rows.SetItem(vote.View, vote.Kind switch
            {
                VoteKind.Notarize => row with { Notarized = vote.BlockHash },
                VoteKind.Nullify => row with { IsNullified = true },
                _ => row with { Finalized = vote.BlockHash },
            }),
        };
    }

    /// <summary>With a higher mark.</summary>
    /// <exception cref="InvalidOperationException">The checkpoint is not allowed.</exception>
    public SignGuard With(Checkpoint checkpoint) => Allows(checkpoint) ? this with { Mark = checkpoint }
        : throw new InvalidOperationException($"A checkpoint of height {checkpoint.Height} contradicts or precedes the one of height {Mark?.Height} that was signed.");

    /// <summary>The guard of a later epoch: no rows, the same mark. A signer goes on to it, durably, before the first vote of that epoch, and never back.</summary>
    /// <exception cref="ArgumentException">The epoch is an earlier one.</exception>
    public SignGuard ForEpoch(ulong epoch) => epoch >= Epoch ? epoch == Epoch ? this : Of(epoch, Mark)
        : throw new ArgumentException($"The guard has signed in epoch {Epoch}; nothing is signed in epoch {epoch} any more.", nameof(epoch));

    /// <summary>The floor rises, never falls, and what is at or below it is forgotten.</summary>
    public SignGuard WithFloor(ulong floor) => floor <= Floor ? this : this with { Floor = floor, Rows = Rows.RemoveRange(Rows.Keys.TakeWhile(view => view <= floor)) };

    /// <summary>Whether exactly this was signed, and is still remembered.</summary>
    public bool Has(Vote vote)
    {
        ArgumentNullException.ThrowIfNull(vote);
        var row = this[vote.View];
        return vote.Epoch == Epoch && vote.Kind switch
        {
            VoteKind.Notarize => row.Notarized == vote.BlockHash,
            VoteKind.Nullify => row.IsNullified,
            _ => row.Finalized == vote.BlockHash,
        };
    }

    /// <summary>Everything that is remembered as signed, ascending by view.</summary>
    public IEnumerable<Vote> Votes()
    {
        foreach (var (view, row) in Rows)
        {
            if (row.Notarized is { } notarized)
            {
                yield return new Vote(VoteKind.Notarize, Epoch, view, notarized);
            }

            if (row.IsNullified)
            {
                yield return new Vote(VoteKind.Nullify, Epoch, view, default);
            }

            if (row.Finalized is { } finalized)
            {
                yield return new Vote(VoteKind.Finalize, Epoch, view, finalized);
            }
        }
    }

    private static bool IsNoneOr(Hash32? signed, Hash32 wanted) => signed is null || signed == wanted;
}
