using System.Text.Json.Serialization;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>A participant of discovery: keccak-256 of its identity key's 64-byte public key. Its place in the key space is this number.</summary>
[JsonConverter(typeof(HexJsonConverter<PeerId>))]
public readonly record struct PeerId(Hash32 Value) : IHexValue<PeerId>
{
    static int IHexValue<PeerId>.ByteCount => Hash32.Size;

    static PeerId IHexValue<PeerId>.FromBytes(ReadOnlySpan<byte> bytes) => new(new Hash32(bytes));

    /// <summary>The id of a 64-byte public key x‖y.</summary>
    public static PeerId FromPublicKey(ReadOnlySpan<byte> publicKey) => new(Keccak256.Of(publicKey));

    /// <summary>Parses 0x and 64 hex digits; throws <see cref="FormatException"/> otherwise.</summary>
    public static PeerId Parse(string text) => Hex.Parse<PeerId>(text);

    public override string ToString() => Value.ToString();
}
