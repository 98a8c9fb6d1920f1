using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Chain.Transactions;

/// <summary>How far a purpose has come.</summary>
public enum TransactionStage
{
    /// <summary>Signed and journalled; no node is known to have it.</summary>
    Signed,

    /// <summary>A node took it.</summary>
    Sent,

    /// <summary>In a block, which may still vanish.</summary>
    Mined,

    /// <summary>In a block, under as many others as the settings ask for.</summary>
    Final,

    /// <summary>A transaction from elsewhere has its nonce, in a block that may still vanish.</summary>
    Replaced,

    /// <summary>A transaction from elsewhere has its nonce for good. It will never be mined, and may be sent again.</summary>
    Dropped,
}

/// <summary>A purpose in the ledger.</summary>
/// <param name="Call">Null once it is final.</param>
/// <param name="Attempts">Every transaction signed for it, oldest first; any of them may be mined. Empty once it is final.</param>
/// <param name="BidAt">When a node first took the newest attempt, unix milliseconds; 0 for never.</param>
/// <param name="OfferedAt">When the newest attempt was last offered to a node, unix milliseconds; 0 for never.</param>
/// <param name="Replaced">When a foreign transaction was first seen under its nonce.</param>
public sealed record LedgerEntry(
    PurposeId Purpose, Hash32 CallDigest, TransactionCall? Call, ulong Gas, ulong Nonce, ImmutableArray<SignedTransaction> Attempts,
    TransactionStage Stage, Inclusion? Inclusion = null, long BidAt = 0, long OfferedAt = 0, TransactionRecord.Replaced? Replaced = null)
{
    /// <summary>The mined transaction, or else the newest one signed.</summary>
    public Hash32 Hash => Inclusion?.Transaction ?? Attempts[^1].Hash;
}

/// <summary>All purposes of one key on one chain.</summary>
/// <param name="Entries">By purpose; a dropped purpose is no longer in it.</param>
/// <param name="Live">The purposes that are not final, by nonce.</param>
public sealed record LedgerState(ImmutableDictionary<PurposeId, LedgerEntry> Entries, ImmutableSortedDictionary<ulong, PurposeId> Live)
{
    /// <summary>Nothing was ever sent.</summary>
    public static LedgerState Empty { get; } = new(
        ImmutableDictionary<PurposeId, LedgerEntry>.Empty, ImmutableSortedDictionary<ulong, PurposeId>.Empty);

    /// <summary>The lowest nonce that neither the node nor the ledger has in use.</summary>
    /// <param name="pendingCount">Nonces below it are mined or wait in the node's pool.</param>
    public ulong NextNonce(ulong pendingCount)
    {
        var nonce = pendingCount;
        while (Live.ContainsKey(nonce))
        {
            nonce++;
        }

        return nonce;
    }
}
