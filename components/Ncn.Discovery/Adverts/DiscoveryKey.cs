using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Serialization;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery;

/// <summary>Where in the key space adverts are looked for: keccak-256 of a label and of what is looked for.</summary>
[JsonConverter(typeof(DiscoveryKeyJsonConverter))]
public readonly record struct DiscoveryKey(Hash32 Value) : IComparable<DiscoveryKey>
{
    /// <summary>The nodes and gateways of an operator: keccak("ncn/operator" ‖ 20 bytes).</summary>
    public static DiscoveryKey OfOperator(Address operatorAddress)
    {
        Span<byte> bytes = stackalloc byte[Address.Size];
        operatorAddress.CopyTo(bytes);
        return Of("ncn/operator"u8, bytes);
    }

    /// <summary>The nodes and gateways of a subnet: keccak("ncn/subnet" ‖ uint32, big-endian).</summary>
    public static DiscoveryKey OfSubnet(uint subnet)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, subnet);
        return Of("ncn/subnet"u8, bytes);
    }

    /// <summary>Who has exactly this model: keccak("ncn/model" ‖ 32 bytes).</summary>
    public static DiscoveryKey OfModel(ModelDigest digest) => Of("ncn/model"u8, digest.Value.ToArray());

    /// <summary>Who has a model of this name: keccak("ncn/name" ‖ UTF-8).</summary>
    public static DiscoveryKey OfName(string name) => Of("ncn/name"u8, Encoding.UTF8.GetBytes(name));

    public int CompareTo(DiscoveryKey other) => Value.CompareTo(other.Value);

    public static bool operator <(DiscoveryKey left, DiscoveryKey right) => left.CompareTo(right) < 0;

    public static bool operator >(DiscoveryKey left, DiscoveryKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(DiscoveryKey left, DiscoveryKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(DiscoveryKey left, DiscoveryKey right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();

    private static DiscoveryKey Of(ReadOnlySpan<byte> label, ReadOnlySpan<byte> content) => new(Keccak256.Of([.. label, .. content]));
}

internal sealed class DiscoveryKeyJsonConverter : JsonConverter<DiscoveryKey>
{
    public override DiscoveryKey Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        Hash32.TryParse(reader.GetString(), out var value) ? new DiscoveryKey(value) : throw new System.Text.Json.JsonException("A key is a string of 0x and 64 hex digits.");

    public override void Write(System.Text.Json.Utf8JsonWriter writer, DiscoveryKey value, System.Text.Json.JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
