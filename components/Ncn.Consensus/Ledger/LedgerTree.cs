using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>The ledger's states after the delivered block and after the blocks on it: what a shell answers Build and Validate from. It is not changed, a new one is given.</summary>
/// <param name="Delivered">After the last delivered block.</param>
/// <param name="Hash">Of that block, or of the epoch's anchor.</param>
/// <param name="Executed">By block; of views above the delivered one's.</param>
public sealed record LedgerTree(LedgerState Delivered, Hash32 Hash, ImmutableSortedDictionary<Hash32, ExecutedBlock> Executed)
{
    /// <summary>At a block and its state.</summary>
    public static LedgerTree At(Hash32 hash, LedgerState state) => new(state, hash, ImmutableSortedDictionary<Hash32, ExecutedBlock>.Empty);

    /// <summary>The state after a block; null when it was not executed here.</summary>
    public LedgerState? Find(Hash32 hash) => hash == Hash ? Delivered : Executed.GetValueOrDefault(hash)?.State;

    /// <summary>Executes a block on its parent, which is here. The same tree when it is invalid.</summary>
    public (LedgerTree Tree, bool IsValid) Validate(Block block, EpochSettings epoch)
    {
        ArgumentNullException.ThrowIfNull(block);
        var parent = Find(block.Header.ParentHash) ?? throw new ArgumentException($"The parent of the {block} was not executed; validate it first.", nameof(block));
        return LedgerExecution.Execute(parent, epoch, block) is { } state ? (this with { Executed = Executed.SetItem(block.Hash, new ExecutedBlock(block.View, state)) }, true) : (this, false);
    }

    /// <summary>The block is final: its state is the ledger's, and states beside it are dropped.</summary>
    /// <exception cref="InvalidOperationException">A final block does not execute: more than a third of the stake has signed a wrong one, or this software differs from theirs.</exception>
    public LedgerTree Deliver(Block block, EpochSettings epoch)
    {
        ArgumentNullException.ThrowIfNull(block);
        var (tree, isValid) = Find(block.Hash) is null ? Validate(block, epoch) : (this, true);
        return isValid ? new LedgerTree(tree.Find(block.Hash)!, block.Hash, tree.Executed.RemoveRange(tree.Executed.Where(entry => entry.Value.View <= block.View).Select(static entry => entry.Key)))
            : throw new InvalidOperationException($"The final {block} is invalid here; stop, and compare this version with the others'.");
    }
}

/// <summary>A block's view, and the ledger after it.</summary>
public sealed record ExecutedBlock(ulong View, LedgerState State);
