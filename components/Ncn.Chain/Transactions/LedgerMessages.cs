using System.Collections.Immutable;

namespace Ncn.Chain.Transactions;

/// <summary>What one node says about a key, all asked of the same node.</summary>
/// <param name="Head">The newest block's number.</param>
/// <param name="MinedCount">How many of the key's transactions are in blocks: the lowest nonce that is free.</param>
/// <param name="PendingCount">The same with those that wait in the node's pool.</param>
/// <param name="Inclusions">Where the ledger's transactions with lower nonces are.</param>
public sealed record ChainSight(ulong Head, ulong MinedCount, ulong PendingCount, ImmutableArray<Inclusion> Inclusions);

/// <summary>When things happen to transactions that are not mined.</summary>
/// <param name="Confirmations">Blocks on top before a transaction is final.</param>
/// <param name="ResendAfter">Milliseconds after which a transaction is offered again.</param>
/// <param name="BumpAfter">Milliseconds after which higher fees are bid.</param>
/// <param name="MaxFeePerGas">Most that is ever bid, wei.</param>
public sealed record LedgerPolicy(uint Confirmations, long ResendAfter, long BumpAfter, UInt128 MaxFeePerGas);

/// <summary>What the ledger is told.</summary>
public abstract record LedgerInput
{
    private LedgerInput()
    {
    }

    /// <summary>A purpose's first transaction is signed.</summary>
    public sealed record Sign(PurposeId Purpose, TransactionCall Call, ulong Gas, SignedTransaction Transaction) : LedgerInput;

    /// <summary>A purpose's transaction is signed again, same nonce and higher fees.</summary>
    public sealed record Bump(PurposeId Purpose, SignedTransaction Transaction) : LedgerInput;

    /// <summary>A node took the purpose's newest transaction, or had it.</summary>
    /// <param name="At">Unix milliseconds.</param>
    public sealed record Accepted(PurposeId Purpose, long At) : LedgerInput;

    /// <summary>A node was offered the purpose's newest transaction and did not take it.</summary>
    /// <param name="At">Unix milliseconds.</param>
    public sealed record Refused(PurposeId Purpose, long At) : LedgerInput;

    /// <summary>A node has another transaction with this nonce that bids as much or more.</summary>
    /// <param name="At">Unix milliseconds.</param>
    public sealed record Outbid(PurposeId Purpose, long At, LedgerPolicy Policy) : LedgerInput;

    /// <summary>The chain was looked at.</summary>
    /// <param name="At">Unix milliseconds.</param>
    public sealed record Look(ChainSight Sight, long At, LedgerPolicy Policy) : LedgerInput;
}

/// <summary>What is to be done, in this order: records first, each durable before anything after it.</summary>
public abstract record LedgerOutput
{
    private LedgerOutput()
    {
    }

    /// <summary>Append to the journal.</summary>
    public sealed record Record(TransactionRecord Entry) : LedgerOutput;

    /// <summary>Offer to a node.</summary>
    public sealed record Broadcast(PurposeId Purpose, SignedTransaction Transaction) : LedgerOutput;

    /// <summary>Sign the purpose's call again for the same nonce, bidding at least this.</summary>
    public sealed record Rebid(PurposeId Purpose, FeeBid AtLeast) : LedgerOutput;

    /// <summary>Later nonces wait for this one, which nothing has: use it up.</summary>
    public sealed record FillGap(ulong Nonce) : LedgerOutput;
}
