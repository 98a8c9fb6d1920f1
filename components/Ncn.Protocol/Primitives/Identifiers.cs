using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>A payment channel's id: the EIP-712 digest of its <see cref="ChannelConfig"/>.</summary>
[JsonConverter(typeof(HexJsonConverter<ChannelId>))]
public readonly record struct ChannelId(Hash32 Value) : IHexValue<ChannelId>
{
    static int IHexValue<ChannelId>.ByteCount => Hash32.Size;

    static ChannelId IHexValue<ChannelId>.FromBytes(ReadOnlySpan<byte> bytes) => new(new Hash32(bytes));

    /// <summary>Parses 0x and 64 hex digits; throws <see cref="FormatException"/> otherwise.</summary>
    public static ChannelId Parse(string text) => Hex.Parse<ChannelId>(text);

    public override string ToString() => Value.ToString();
}

/// <summary>A request's id: chosen by the gateway, unique over all requests; a repeat of a request has the same id.</summary>
[JsonConverter(typeof(HexJsonConverter<RequestId>))]
public readonly record struct RequestId(Hash32 Value) : IHexValue<RequestId>
{
    static int IHexValue<RequestId>.ByteCount => Hash32.Size;

    static RequestId IHexValue<RequestId>.FromBytes(ReadOnlySpan<byte> bytes) => new(new Hash32(bytes));

    /// <summary>Parses 0x and 64 hex digits; throws <see cref="FormatException"/> otherwise.</summary>
    public static RequestId Parse(string text) => Hex.Parse<RequestId>(text);

    public override string ToString() => Value.ToString();
}

/// <summary>What a node really loaded: keccak-256 over weights, tokenizer, runtime version and execution provider.</summary>
[JsonConverter(typeof(HexJsonConverter<ModelDigest>))]
public readonly record struct ModelDigest(Hash32 Value) : IHexValue<ModelDigest>
{
    static int IHexValue<ModelDigest>.ByteCount => Hash32.Size;

    static ModelDigest IHexValue<ModelDigest>.FromBytes(ReadOnlySpan<byte> bytes) => new(new Hash32(bytes));

    /// <summary>Parses 0x and 64 hex digits; throws <see cref="FormatException"/> otherwise.</summary>
    public static ModelDigest Parse(string text) => Hex.Parse<ModelDigest>(text);

    public override string ToString() => Value.ToString();
}

/// <summary>A subnet's number in ValidatorRegistry, from 1.</summary>
[JsonConverter(typeof(SubnetIdJsonConverter))]
public readonly record struct SubnetId(uint Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
