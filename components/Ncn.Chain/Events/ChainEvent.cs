using Ncn.Protocol;

namespace Ncn.Chain.Events;

/// <summary>Something that one of the network's contracts said, and where.</summary>
/// <param name="Log">The log that it was read from.</param>
public abstract record ChainEvent(ChainLog Log)
{
    /// <summary>Names the event for ever.</summary>
    public EventId Id => Log.Id;

    /// <summary>Its block.</summary>
    public ulong BlockNumber => Log.BlockNumber;

    /// <summary>The transaction that caused it.</summary>
    public Hash32 Transaction => Log.Transaction;
}

/// <summary>A log of one of the contracts that this program has no type for: the contract is newer than the program.</summary>
public sealed record UnknownEvent(ChainLog Log) : ChainEvent(Log);
