using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>Bytes of any length, compared by content; JSON form 0x and hex digits.</summary>
[JsonConverter(typeof(HexBytesJsonConverter))]
public readonly struct HexBytes : IEquatable<HexBytes>
{
    private readonly byte[]? _bytes;

    /// <summary>Takes a copy.</summary>
    public HexBytes(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>No bytes.</summary>
    public static HexBytes Empty => default;

    /// <summary>The content.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Length in bytes.</summary>
    public int Length => _bytes?.Length ?? 0;

    public bool Equals(HexBytes other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is HexBytes other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    public static bool operator ==(HexBytes left, HexBytes right) => left.Equals(right);

    public static bool operator !=(HexBytes left, HexBytes right) => !left.Equals(right);

    public override string ToString() => Hex.Format(Span);
}

internal sealed class HexBytesJsonConverter : JsonConverter<HexBytes>
{
    public override HexBytes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return new HexBytes(Hex.ParseBytes(reader.GetString() ?? string.Empty));
        }
        catch (FormatException malformed)
        {
            throw new JsonException("Bytes are a string of 0x and an even number of hex digits.", malformed);
        }
    }

    public override void Write(Utf8JsonWriter writer, HexBytes value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
