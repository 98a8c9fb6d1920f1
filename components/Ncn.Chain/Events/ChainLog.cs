using System.Collections.Immutable;
using System.Globalization;
using Ncn.Protocol;

namespace Ncn.Chain.Events;

/// <summary>Names one event for ever: a log of one block of one chain. A reorganized chain has other ids.</summary>
/// <remarks>Text form: chain id, block hash and log index with '-' between, fit for a message id or a row key.</remarks>
public readonly record struct EventId(ulong ChainId, Hash32 BlockHash, uint LogIndex)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ChainId}-{BlockHash}-{LogIndex}");
}

/// <summary>What a contract logged, as it is on the chain. Its JSON form can travel in a message.</summary>
/// <param name="Topics">The event's signature hash, then its indexed values; at most four.</param>
/// <param name="Data">The values that are not indexed, ABI-encoded.</param>
public sealed record ChainLog(
    ulong ChainId, Address Contract, ImmutableArray<Hash32> Topics, HexBytes Data, ulong BlockNumber, Hash32 BlockHash, Hash32 Transaction, uint LogIndex)
{
    /// <summary>Names this log.</summary>
    public EventId Id => new(ChainId, BlockHash, LogIndex);
}
