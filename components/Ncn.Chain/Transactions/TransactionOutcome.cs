using System.Collections.Immutable;
using Ncn.Chain.Events;
using Ncn.Protocol;

namespace Ncn.Chain.Transactions;

/// <summary>A transaction that is in a block and did what it was to do.</summary>
/// <param name="GasPrice">What a unit of gas cost, wei.</param>
public sealed record MinedReceipt(
    Hash32 Transaction, ulong BlockNumber, Hash32 BlockHash, ulong GasUsed, UInt128 GasPrice, ImmutableArray<ChainLog> Logs)
{
    /// <summary>What it cost in the chain's own coin, wei, less what a layer-2 chain takes on top.</summary>
    public UInt128 Cost => GasUsed * GasPrice;
}

/// <summary>What became of a purpose.</summary>
public abstract record TransactionOutcome
{
    private TransactionOutcome()
    {
    }

    /// <summary>It was carried out.</summary>
    public sealed record Mined(MinedReceipt Receipt) : TransactionOutcome;

    /// <summary>The contract refused; nothing changed.</summary>
    /// <param name="Error">The name of the contract's error; "Error" for a text, empty when unknown.</param>
    /// <param name="Reason">The error with its values, in words.</param>
    /// <param name="Transaction">The mined transaction that failed. Null: it was refused before anything was signed, and the purpose is free.</param>
    public sealed record Reverted(string Error, string Reason, Hash32? Transaction) : TransactionOutcome;

    /// <summary>Signed, and not known to be mined: it may be, now or later. Ask again with the same purpose; never pay under another one.</summary>
    /// <param name="Hash">The newest transaction signed for it.</param>
    public sealed record Pending(Hash32 Hash) : TransactionOutcome;
}

/// <summary>A purpose as the journal knows it.</summary>
/// <param name="Hash">The mined transaction, or else the newest one signed.</param>
/// <param name="Inclusion">Where it is mined; null while it is not.</param>
public sealed record TransactionStatus(PurposeId Purpose, TransactionStage Stage, ulong Nonce, Hash32 Hash, Inclusion? Inclusion);
