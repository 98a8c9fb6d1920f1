using System.Collections.Frozen;
using System.Text;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Chain.Events;

/// <summary>How an event is read from its log.</summary>
internal delegate ChainEvent EventReader(LogReading reading);

/// <summary>The events of one contract by their canonical signature; a test holds the signatures against the exported ABI.</summary>
internal sealed class EventTable(IReadOnlyDictionary<string, EventReader> readers)
{
    private readonly FrozenDictionary<Hash32, EventReader> _byTopic =
        readers.ToFrozenDictionary(entry => new Hash32(Keccak256.Hash(Encoding.ASCII.GetBytes(entry.Key))), entry => entry.Value);

    internal IEnumerable<string> Signatures => readers.Keys;

    internal ChainEvent Read(ChainLog log) =>
        log.Topics.Length > 0 && _byTopic.TryGetValue(log.Topics[0], out var read) ? read(new LogReading(log)) : new UnknownEvent(log);
}

/// <summary>Reads the logs of the two contracts.</summary>
public sealed class ChainEventDecoder(ChainSettings settings)
{
    /// <summary>The event in a log; null when another contract logged it.</summary>
    /// <exception cref="FormatException">The log does not have the form of the event that it says it is.</exception>
    public ChainEvent? Decode(ChainLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return log.ChainId != settings.ChainId ? null
            : log.Contract == settings.InferencePayment ? PaymentEventTable.Table.Read(log)
            : log.Contract == settings.ValidatorRegistry ? RegistryEventTable.Table.Read(log)
            : null;
    }

    /// <summary>The contracts' events of one kind among logs, in order; for a receipt's logs.</summary>
    public IEnumerable<TEvent> Decode<TEvent>(IEnumerable<ChainLog> logs)
        where TEvent : ChainEvent => logs.Select(Decode).OfType<TEvent>();
}
