using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>What a snapshot is of, and how much of it there is: known before the first part is fetched.</summary>
/// <param name="Blocks">Newest first: tails between the Finalization and the block, mostly none, and last the block.</param>
/// <param name="Main">Entries of <see cref="LedgerState.Main"/>.</param>
/// <param name="Receipts">Entries of <see cref="LedgerState.Receipts"/>.</param>
/// <param name="Parts">How many parts they come in.</param>
public sealed record SnapshotHead(Certificate Finalization, ImmutableArray<ClaimedBlock> Blocks, int Main, int Receipts, int Parts)
{
    /// <summary>What the ledger is after.</summary>
    public ClaimedBlock Block => Blocks[^1];
}

/// <summary>Some entries: those of the main trie ascending by key, then those of the receipts' trie.</summary>
/// <param name="Number">From 0.</param>
public sealed record SnapshotPart(int Number, ImmutableArray<(Hash32 Key, HexBytes Value)> Entries);

/// <summary>Cuts a snapshot into parts that can be sent. Each call gives the same cuts for the same ledger.</summary>
public static class SnapshotCutting
{
    private const int EntryBytes = Hash32.Size + 4;

    /// <summary>The first thing to send.</summary>
    public static SnapshotHead Head(VerifiedSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var ledger = snapshot.Ledger;
        return new SnapshotHead(snapshot.Finalization.ToCertificate(), [.. snapshot.Blocks.Select(ClaimedBlock.Of)], ledger.Main.Count, ledger.Receipts.Count, Parts(ledger).Count());
    }

    /// <summary>All parts, in order.</summary>
    public static IEnumerable<SnapshotPart> Parts(LedgerState ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        var part = ImmutableArray.CreateBuilder<(Hash32, HexBytes)>();
        var (number, bytes) = (0, 0);
        foreach (var entry in ledger.Main.Entries.Concat(ledger.Receipts.Entries))
        {
            if (bytes + EntryBytes + entry.Value.Length > WireLimits.SnapshotPartBytes)
            {
                yield return new SnapshotPart(number++, part.DrainToImmutable());
                bytes = 0;
            }

            part.Add(entry);
            bytes += EntryBytes + entry.Value.Length;
        }

        if (part.Count > 0)
        {
            yield return new SnapshotPart(number, part.DrainToImmutable());
        }
    }
}

/// <summary>Puts a snapshot together, part by part; it is not changed, a new one is given. A part that does not fit is refused when it comes, the rest at the end, by the root.</summary>
public sealed class SnapshotAssembly
{
    private readonly LedgerState _ledger;
    private readonly Hash32 _last;
    private readonly int _taken;

    private SnapshotAssembly(SnapshotHead head, LedgerState ledger, int next, int taken, Hash32 last) => (Head, _ledger, Next, _taken, _last) = (head, ledger, next, taken, last);

    /// <summary>Nothing is there yet.</summary>
    public SnapshotAssembly(SnapshotHead head)
        : this(head, LedgerState.Empty, 0, 0, default)
    {
    }

    public SnapshotHead Head { get; }

    /// <summary>The part to ask for.</summary>
    public int Next { get; }

    /// <summary>Whether all parts are there.</summary>
    public bool IsWhole => Next == Head.Parts;

    /// <summary>With the next part; null when it is another one, or not in order, or more than the head said.</summary>
    public SnapshotAssembly? With(SnapshotPart part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (part.Number != Next || IsWhole || part.Entries.IsEmpty || part.Entries.Length > Head.Main + Head.Receipts - _taken)
        {
            return null;
        }

        var (ledger, taken, last) = (_ledger, _taken, _last);
        foreach (var (key, value) in part.Entries)
        {
            var isFirst = taken == 0 || taken == Head.Main;
            if (!isFirst && key <= last)
            {
                return null;
            }

            ledger = taken < Head.Main ? ledger with { Main = ledger.Main.With(key, value) } : ledger with { Receipts = ledger.Receipts.With(key, value) };
            (taken, last) = (taken + 1, key);
        }

        return new SnapshotAssembly(Head, ledger, Next + 1, taken, last);
    }

    /// <summary>The snapshot, once its head was checked; null while parts are missing, or when the ledger is not the block's.</summary>
    public VerifiedSnapshot? Finish(VerifiedCertificate finalization, ImmutableArray<Block> blocks) =>
        IsWhole && _taken == Head.Main + Head.Receipts ? VerifiedSnapshot.Of(finalization, blocks, _ledger) : null;

    /// <summary>The ledger, for who knows its root from elsewhere; null while parts are missing, or when it is another one.</summary>
    public LedgerState? Ledger(Hash32 stateRoot) => IsWhole && _taken == Head.Main + Head.Receipts && _ledger.StateRoot == stateRoot ? _ledger : null;
}
