using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>An instance of consensus: one epoch of one network.</summary>
/// <param name="Network">Salt of the vote domain (rule R1).</param>
/// <param name="Number">From 1.</param>
/// <param name="Set">Who votes, frozen before the leaders' seed was known.</param>
/// <param name="Own">The own place in the set; null for one that only follows.</param>
/// <param name="Anchor">The last block of the epoch before, of view 0 here and final from the start (rule P2).</param>
/// <param name="EndHeight">Height of the EpochEnd block.</param>
public sealed record EpochSettings(Hash32 Network, ulong Number, ValidatorSet Set, int? Own, LeaderSchedule Leaders, Ancestor Anchor, ulong EndHeight)
{
    /// <summary>The anchor of epoch 1.</summary>
    public static Ancestor Genesis(Hash32 network, LedgerRoots roots) => new(network, 0, 0, BlockKind.Normal, roots, default);

    /// <summary>The anchor that a closed epoch leaves.</summary>
    public static Ancestor After(Block epochEnd)
    {
        ArgumentNullException.ThrowIfNull(epochEnd);
        return Ancestor.Of(epochEnd) with { View = 0, Kind = BlockKind.Normal };
    }

    /// <summary>Rule V9: what kind a child of this block is, and of which height.</summary>
    internal (BlockKind Kind, ulong Height) ChildOf(Ancestor parent) => parent.Kind is BlockKind.EpochEnd or BlockKind.Tail
        ? (BlockKind.Tail, parent.Height)
        : (parent.Height + 1 == EndHeight ? BlockKind.EpochEnd : BlockKind.Normal, parent.Height + 1);
}

/// <summary>How an epoch ended (rule A4): a Finalization, and the blocks from the one that it is of down to the EpochEnd block.</summary>
public sealed class VerifiedEpochProof
{
    private VerifiedEpochProof(VerifiedCertificate finalization, ImmutableArray<Block> blocks) => (Finalization, Blocks) = (finalization, blocks);

    public VerifiedCertificate Finalization { get; }

    /// <summary>Newest first: tails, and last the EpochEnd block.</summary>
    public ImmutableArray<Block> Blocks { get; }

    /// <summary>The EpochEnd block.</summary>
    public Block End => Blocks[^1];

    /// <summary>Puts checked parts together; null when they do not hang together.</summary>
    public static VerifiedEpochProof? Of(VerifiedCertificate finalization, ImmutableArray<Block> blocks)
    {
        ArgumentNullException.ThrowIfNull(finalization);
        var isChain = !blocks.IsDefaultOrEmpty && finalization.Kind == VoteKind.Finalize && blocks[0].Hash == finalization.BlockHash
            && blocks[^1].Header.Kind == BlockKind.EpochEnd && blocks.All(block => block.Header.Epoch == finalization.Epoch)
            && blocks.Take(blocks.Length - 1).Select((block, i) => block.Header.Kind == BlockKind.Tail && block.Header.ParentHash == blocks[i + 1].Hash).All(static holds => holds);
        return isChain ? new VerifiedEpochProof(finalization, blocks) : null;
    }
}
