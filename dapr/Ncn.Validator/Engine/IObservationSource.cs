using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>Something that a validator sees with its own eyes and the ledger is told of: the chain, and what the work of a period comes to. Safe for concurrent use.</summary>
internal interface IObservationSource
{
    /// <summary>Whether the own eyes see this. False is "not yet": nothing is ever judged invalid by it (rule V3).</summary>
    /// <param name="ledger">Before the block that it is in.</param>
    bool Sees(Operation observation, LedgerState ledger);

    /// <summary>What the ledger does not know yet, for the own next block.</summary>
    IEnumerable<Operation> Due(LedgerState ledger);
}

/// <summary>The chain as this validator's own nodes show it, confirmed. Safe for concurrent use.</summary>
internal interface IChainView : IObservationSource
{
    /// <summary>The newest confirmed block.</summary>
    (ulong Number, Hash32 Hash) Head { get; }

    /// <summary>The last epoch whose end the chain has accepted; 0 for none.</summary>
    ulong EndedEpoch { get; }

    /// <summary>Whether the chain has this block, confirmed.</summary>
    bool Knows(ulong number, Hash32 hash);

    /// <summary>The set of a snapshot; null when none with this hash is seen yet.</summary>
    ValidatorSet? FindSet(Hash32 hash);
}

/// <summary>A network without a chain: one set for ever.</summary>
internal sealed class NoChain : IChainView
{
    internal static NoChain Instance { get; } = new();

    public (ulong Number, Hash32 Hash) Head => default;

    public ulong EndedEpoch => 0;

    public bool Knows(ulong number, Hash32 hash) => number == 0 && hash.IsZero;

    public bool Sees(Operation observation, LedgerState ledger) => false;

    public IEnumerable<Operation> Due(LedgerState ledger) => [];

    public ValidatorSet? FindSet(Hash32 hash) => null;
}
