using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>What is known of a block's execution.</summary>
internal enum Execution
{
    /// <summary>Not asked for: the parent's is not known yet.</summary>
    Unknown,

    /// <summary>The shell was asked.</summary>
    Asked,

    /// <summary>It follows from its parent.</summary>
    Valid,

    /// <summary>It does not, for good.</summary>
    Invalid,
}

/// <summary>A block above the delivered one.</summary>
/// <param name="IsDurable">Its row was written.</param>
internal sealed record BlockEntry(Block Block, Execution Execution, bool IsDurable);

/// <summary>The delivered block and what is built on it. Anything else was pruned or never kept.</summary>
/// <param name="Root">The last block that was delivered, or the epoch's anchor.</param>
/// <param name="IsRootExecuted">False while the shell may not have been handed it yet: it was never asked to validate it.</param>
internal sealed record BlockTree(Ancestor Root, bool IsRootExecuted, ImmutableSortedDictionary<Hash32, BlockEntry> Entries)
{
    internal static BlockTree Of(Ancestor root) => new(root, IsRootExecuted: true, ImmutableSortedDictionary<Hash32, BlockEntry>.Empty);

    internal BlockEntry? this[Hash32 hash] => Entries.GetValueOrDefault(hash);

    internal bool Has(Hash32 hash) => hash == Root.Hash || Entries.ContainsKey(hash);

    /// <summary>The block, if it is known.</summary>
    internal Ancestor? Find(Hash32 hash) => hash == Root.Hash ? Root : this[hash] is { } entry ? Ancestor.Of(entry.Block) : null;

    /// <summary>Whether a child can be executed.</summary>
    internal bool IsExecuted(Hash32 hash) => hash == Root.Hash || this[hash]?.Execution == Execution.Valid;

    internal BlockTree With(Block block) => Has(block.Hash) ? this : this with { Entries = Entries.Add(block.Hash, new BlockEntry(block, Execution.Unknown, IsDurable: false)) };

    internal BlockTree With(BlockEntry entry) => this with { Entries = Entries.SetItem(entry.Block.Hash, entry) };

    internal BlockTree Without(IEnumerable<Hash32> hashes) => this with { Entries = Entries.RemoveRange(hashes) };

    /// <summary>The known blocks from one down towards the root (not included), oldest first. Whole when the root is the first one's parent.</summary>
    internal ImmutableArray<Block> PathTo(Hash32 hash)
    {
        var path = ImmutableArray.CreateBuilder<Block>();
        for (var next = hash; next != Root.Hash && this[next] is { } entry; next = entry.Block.Header.ParentHash)
        {
            path.Add(entry.Block);
        }

        path.Reverse();
        return path.ToImmutable();
    }

    /// <summary>A later root; blocks of its view and before are forgotten.</summary>
    internal BlockTree WithRoot(Ancestor root) =>
        new(root, IsExecuted(root.Hash), Entries.RemoveRange(Entries.Values.Where(entry => entry.Block.View <= root.View).Select(static entry => entry.Block.Hash)));
}
