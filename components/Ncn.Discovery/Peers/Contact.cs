using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>A peer as this one knows it: its operator's signed word, and where its address lies.</summary>
public sealed class Contact
{
    private Contact(AskKey key, Signed<PeerRecord> record, AddressBlock block) => (Key, Record, Block) = (key, record, block);

    private Contact(PeerId id, Signed<PeerRecord> record, AddressBlock block)
        : this(new AskKey(id, record.Message.Operator), record, block)
    {
    }

    /// <summary>Its place in the key space.</summary>
    public PeerId Id => Key.Peer;

    /// <summary>The operator's record, signature checked.</summary>
    public Signed<PeerRecord> Record { get; }

    /// <summary>Of the address that it answered from; exempt until it did.</summary>
    public AddressBlock Block { get; }

    /// <summary>Who vouches for it.</summary>
    public Address Operator => Key.Operator;

    /// <summary>Where it is asked.</summary>
    public string Url => Record.Message.Url;

    internal AskKey Key { get; }

    internal ulong ExpiresAt => Record.Message.ExpiresAt;

    /// <summary>Takes a peer's record from outside; null when it is malformed or its operator did not sign it. Expiry is the core's to check.</summary>
    public static Contact? Read(Signed<PeerRecord>? record, Eip712Domain network, AddressBlock block = default) =>
        record is not null && PeerRecord.IsWellFormed(record.Message) && record.IsSignedBy(record.Message.Operator, network)
            ? Trusted(record, block)
            : null;

    /// <summary>Takes a record whose signature the caller has checked or made itself.</summary>
    public static Contact Trusted(Signed<PeerRecord> record, AddressBlock block = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new Contact(PeerId.FromPublicKey(record.Message.IdentityKey.Span), record, block);
    }

    /// <summary>A simulated peer at a chosen place in the key space, which no key of its record vouches for. Never for a network.</summary>
    public static Contact Placed(PeerId id, Signed<PeerRecord> record, AddressBlock block = default) => new(id, record, block);

    /// <summary>The same peer with the block of the address that it answered from.</summary>
    public Contact At(AddressBlock block) => block == Block ? this : new Contact(Key, Record, block);

    public override string ToString() => $"{Id} of {Operator} at {Url}";
}
