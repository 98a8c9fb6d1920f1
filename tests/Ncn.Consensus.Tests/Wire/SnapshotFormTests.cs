using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Consensus.Tests.Wire;

/// <summary>A snapshot goes over in parts of bounded size, and comes together again only if it is that of its block.</summary>
public sealed class SnapshotFormTests
{
    private static readonly VerifiedSnapshot Snapshot = WireSample.Snapshot(800);

    [Fact]
    public void A_snapshot_comes_together_from_its_parts()
    {
        var head = SnapshotCutting.Head(Snapshot);
        var parts = SnapshotCutting.Parts(Snapshot.Ledger).ToArray();
        Assert.InRange(parts.Length, 2, 10);
        Assert.Equal(head.Parts, parts.Length);
        var assembly = parts.Aggregate(new SnapshotAssembly(head), static (all, part) => all.With(part)!);
        var (finalization, blocks) = WireSample.Checks().Check(head)!.Value;
        Assert.Equal(Snapshot.Ledger.StateRoot, assembly.Finish(finalization, blocks)!.Ledger.StateRoot);
    }

    [Fact]
    public void A_part_that_does_not_fit_is_refused()
    {
        var parts = SnapshotCutting.Parts(Snapshot.Ledger).ToArray();
        var empty = new SnapshotAssembly(SnapshotCutting.Head(Snapshot));
        Assert.Null(empty.With(parts[1]));
        Assert.Null(empty.With(parts[0] with { Entries = [] }));
        Assert.Null(empty.With(parts[0] with { Entries = [.. parts[0].Entries.Reverse()] }));
        Assert.Null(empty.With(parts[0] with { Entries = [parts[0].Entries[0], parts[0].Entries[0]] }));
        Assert.Null(empty.With(parts[0])!.With(parts[0] with { Number = 1 }));
    }

    [Fact]
    public void What_is_not_the_blocks_ledger_is_no_snapshot()
    {
        var head = SnapshotCutting.Head(Snapshot);
        var parts = SnapshotCutting.Parts(Snapshot.Ledger).ToArray();
        parts[0] = parts[0] with { Entries = parts[0].Entries.SetItem(0, (parts[0].Entries[0].Key, new HexBytes([9]))) };
        var assembly = parts.Aggregate(new SnapshotAssembly(head), static (all, part) => all.With(part)!);
        Assert.True(assembly.IsWhole);
        Assert.Null(assembly.Finish(Snapshot.Finalization, Snapshot.Blocks));
        Assert.Null(new SnapshotAssembly(head).Finish(Snapshot.Finalization, Snapshot.Blocks));
    }
}
