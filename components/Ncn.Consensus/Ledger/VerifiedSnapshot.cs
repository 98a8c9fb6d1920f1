using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>A ledger that proves itself: a Finalization, the blocks from the one that it is of down to the ledger's, and contents with that block's state root.</summary>
public sealed class VerifiedSnapshot
{
    private VerifiedSnapshot(VerifiedCertificate finalization, ImmutableArray<Block> blocks, LedgerState ledger) => (Finalization, Blocks, Ledger) = (finalization, blocks, ledger);

    public VerifiedCertificate Finalization { get; }

    /// <summary>Newest first: tails, where the block ends an epoch and was made final by one of them, and last the block itself.</summary>
    public ImmutableArray<Block> Blocks { get; }

    /// <summary>What the ledger is after.</summary>
    public Block Block => Blocks[^1];

    public LedgerState Ledger { get; }

    /// <summary>Puts checked parts together; null when they do not hang together. A tail has no snapshot of its own.</summary>
    public static VerifiedSnapshot? Of(VerifiedCertificate finalization, Block block, LedgerState ledger)
    {
        ArgumentNullException.ThrowIfNull(block);
        return Of(finalization, [block], ledger);
    }

    /// <summary>The same with what is between the Finalization and the block.</summary>
    /// <param name="blocks">As <see cref="Blocks"/>.</param>
    public static VerifiedSnapshot? Of(VerifiedCertificate finalization, ImmutableArray<Block> blocks, LedgerState ledger)
    {
        ArgumentNullException.ThrowIfNull(finalization);
        ArgumentNullException.ThrowIfNull(ledger);
        return IsFinal(finalization, blocks) && ledger.StateRoot == blocks[^1].Header.Roots.State ? new VerifiedSnapshot(finalization, blocks, ledger) : null;
    }

    /// <summary>Whether the Finalization makes the last of the blocks final.</summary>
    internal static bool IsFinal(VerifiedCertificate finalization, ImmutableArray<Block> blocks) => blocks.IsDefaultOrEmpty ? false
        : blocks.Length > 1 ? VerifiedEpochProof.Of(finalization, blocks) is not null
        : finalization.Kind == VoteKind.Finalize && finalization.BlockHash == blocks[0].Hash && blocks[0].Header.Kind != BlockKind.Tail;
}
