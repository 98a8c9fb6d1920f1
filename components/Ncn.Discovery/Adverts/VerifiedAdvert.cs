using System.Collections.Immutable;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery;

/// <summary>Which of an operator's adverts this is: of two with the same name the one with the higher sequence counts.</summary>
/// <param name="Kind">A node's advert and a gateway's are different ones.</param>
/// <param name="Operator">Who signed it.</param>
/// <param name="Subnet">A gateway's; 0 for a node, which has one record for all its subnets.</param>
/// <param name="Url">A gateway's; empty for a node.</param>
public readonly record struct AdvertName(AdvertKind Kind, Address Operator, uint Subnet, string Url) : IComparable<AdvertName>
{
    public int CompareTo(AdvertName other)
    {
        var order = Operator.CompareTo(other.Operator);
        order = order != 0 ? order : Kind.CompareTo(other.Kind);
        order = order != 0 ? order : Subnet.CompareTo(other.Subnet);
        return order != 0 ? order : string.CompareOrdinal(Url, other.Url);
    }

    public static bool operator <(AdvertName left, AdvertName right) => left.CompareTo(right) < 0;

    public static bool operator >(AdvertName left, AdvertName right) => left.CompareTo(right) > 0;

    public static bool operator <=(AdvertName left, AdvertName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(AdvertName left, AdvertName right) => left.CompareTo(right) >= 0;
}

/// <summary>What an advert is of.</summary>
public enum AdvertKind
{
    /// <summary>A compute node: <see cref="NodeRecord"/>.</summary>
    Node,

    /// <summary>A gateway: <see cref="GatewayRecord"/>.</summary>
    Gateway,
}

/// <summary>A signed record that the network stores, with its signature checked and its parts known to be of bounded size.</summary>
/// <remarks>Compared by reference content through <see cref="Id"/>; exactly one of <see cref="Node"/> and <see cref="Gateway"/> is there.</remarks>
public sealed class VerifiedAdvert
{
    /// <summary>Largest advert in JSON, bytes.</summary>
    public const int MaxBytes = 16 * 1024;

    private VerifiedAdvert(Signed<NodeRecord> node)
    {
        (Node, Name) = (node, new AdvertName(AdvertKind.Node, node.Message.Operator, 0, string.Empty));
        OperatorHash = HashOf(Name.Operator);
        (Sequence, IssuedAt, ExpiresAt) = (node.Message.Sequence, node.Message.IssuedAt, node.Message.ExpiresAt);
        (Id, Bytes) = (node.Message.StructHash(), JsonSerializer.SerializeToUtf8Bytes(node, ProtocolJson.Options).Length);
        Keys = Sorted([
            DiscoveryKey.OfOperator(node.Message.Operator),
            .. node.Message.Subnets.Select(DiscoveryKey.OfSubnet),
            .. node.Message.Models.Select(static model => DiscoveryKey.OfModel(model.Digest)),
            .. node.Message.Models.Select(static model => DiscoveryKey.OfName(model.Name))]);
    }

    private VerifiedAdvert(Signed<GatewayRecord> gateway)
    {
        var record = gateway.Message;
        (Gateway, Name) = (gateway, new AdvertName(AdvertKind.Gateway, record.Operator, record.Subnet, record.Url));
        OperatorHash = HashOf(Name.Operator);
        (Sequence, IssuedAt, ExpiresAt) = (record.Sequence, record.IssuedAt, record.ExpiresAt);
        (Id, Bytes) = (record.StructHash(), JsonSerializer.SerializeToUtf8Bytes(gateway, ProtocolJson.Options).Length);
        Keys = Sorted([
            DiscoveryKey.OfOperator(record.Operator),
            DiscoveryKey.OfSubnet(record.Subnet),
            .. record.Models.Select(static model => DiscoveryKey.OfModel(model.Digest)),
            .. record.Models.Select(static model => DiscoveryKey.OfName(model.Name))]);
    }

    /// <summary>A node's record; null for a gateway's advert.</summary>
    public Signed<NodeRecord>? Node { get; }

    /// <summary>A gateway's record; null for a node's advert.</summary>
    public Signed<GatewayRecord>? Gateway { get; }

    /// <summary>Which of the operator's adverts it is.</summary>
    public AdvertName Name { get; }

    /// <summary>hashStruct of the record: two adverts with the same id say the same.</summary>
    public Hash32 Id { get; }

    /// <summary>The highest one of a name counts.</summary>
    public ulong Sequence { get; }

    /// <summary>Unix milliseconds.</summary>
    public ulong IssuedAt { get; }

    /// <summary>Unix milliseconds.</summary>
    public ulong ExpiresAt { get; }

    /// <summary>Size in JSON.</summary>
    public int Bytes { get; }

    /// <summary>keccak-256 of the operator's address: where it stands among equals under a key.</summary>
    internal Hash32 OperatorHash { get; }

    /// <summary>The keys that its content yields, rising, each once: it is stored under these and under no other.</summary>
    public ImmutableArray<DiscoveryKey> Keys { get; }

    /// <summary>Whether the content yields this key.</summary>
    public bool Yields(DiscoveryKey key) => Keys.BinarySearch(key) >= 0;

    /// <summary>Takes a node's record from outside; null when it is malformed or its operator did not sign it.</summary>
    public static VerifiedAdvert? Read(Signed<NodeRecord>? node, Eip712Domain network) =>
        node is not null && NodeRecordShape.IsWellFormed(node.Message) && node.IsSignedBy(node.Message.Operator, network) ? new VerifiedAdvert(node) : null;

    /// <summary>Takes a gateway's record from outside; null when it is malformed or its operator did not sign it.</summary>
    public static VerifiedAdvert? Read(Signed<GatewayRecord>? gateway, Eip712Domain network) =>
        gateway is not null && GatewayRecord.IsWellFormed(gateway.Message) && gateway.IsSignedBy(gateway.Message.Operator, network) ? new VerifiedAdvert(gateway) : null;

    /// <summary>Takes a record whose signature the caller has checked or made itself.</summary>
    public static VerifiedAdvert Trusted(Signed<NodeRecord> node) => new(node);

    /// <summary>Takes a record whose signature the caller has checked or made itself.</summary>
    public static VerifiedAdvert Trusted(Signed<GatewayRecord> gateway) => new(gateway);

    private static Hash32 HashOf(Address operatorAddress)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        operatorAddress.CopyTo(bytes);
        return Keccak256.Of(bytes);
    }

    private static ImmutableArray<DiscoveryKey> Sorted(IEnumerable<DiscoveryKey> keys) => [.. keys.Distinct().Order()];
}
