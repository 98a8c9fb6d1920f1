using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>A ledger that proves itself: a Finalization, its block, and contents with the block's state root.</summary>
public sealed class VerifiedSnapshot
{
    private VerifiedSnapshot(VerifiedCertificate finalization, Block block, LedgerState ledger) => (Finalization, Block, Ledger) = (finalization, block, ledger);

    public VerifiedCertificate Finalization { get; }

    public Block Block { get; }

    public LedgerState Ledger { get; }

    /// <summary>Puts checked parts together; null when they do not hang together. A tail has no snapshot of its own.</summary>
    public static VerifiedSnapshot? Of(VerifiedCertificate finalization, Block block, LedgerState ledger)
    {
        ArgumentNullException.ThrowIfNull(finalization);
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(ledger);
        var hangsTogether = finalization.Kind == VoteKind.Finalize && finalization.BlockHash == block.Hash
            && block.Header.Kind != BlockKind.Tail && ledger.StateRoot == block.Header.Roots.State;
        return hangsTogether ? new VerifiedSnapshot(finalization, block, ledger) : null;
    }
}
