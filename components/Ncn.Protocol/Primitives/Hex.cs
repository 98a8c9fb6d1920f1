using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>A value of a fixed number of bytes whose text form is 0x and hex digits.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
public interface IHexValue<TSelf>
    where TSelf : struct, IHexValue<TSelf>
{
    /// <summary>Length in bytes.</summary>
    static abstract int ByteCount { get; }

    /// <summary>The value of exactly <see cref="ByteCount"/> bytes.</summary>
    static abstract TSelf FromBytes(ReadOnlySpan<byte> bytes);
}

/// <summary>Hex text with the 0x prefix, as Ethereum's JSON-RPC writes it.</summary>
public static class Hex
{
    private const int MaxFixedBytes = 65;

    /// <summary>0x and lower-case hex digits.</summary>
    public static string Format(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);

    /// <summary>Bytes of text with an optional 0x prefix; throws <see cref="FormatException"/> for anything else.</summary>
    public static byte[] ParseBytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Convert.FromHexString(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text);
    }

    /// <summary>Parses a fixed-size value; throws <see cref="FormatException"/> that names the expected form.</summary>
    public static T Parse<T>(string? text)
        where T : struct, IHexValue<T> =>
        TryParse<T>(text, out var value)
            ? value
            : throw new FormatException($"A {typeof(T).Name} is 0x and {2 * T.ByteCount} hex digits; the text given is not.");

    /// <summary>Parses 0x and exactly twice as many hex digits as the type has bytes.</summary>
    public static bool TryParse<T>([NotNullWhen(true)] string? text, out T value)
        where T : struct, IHexValue<T>
    {
        value = default;
        if (text is null || text.Length != 2 + (2 * T.ByteCount) || !text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[MaxFixedBytes];
        bytes = bytes[..T.ByteCount];
        if (Convert.FromHexString(text.AsSpan(2), bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        value = T.FromBytes(bytes);
        return true;
    }

    /// <summary>The same of text in UTF-8.</summary>
    public static bool TryParse<T>(ReadOnlySpan<byte> text, out T value)
        where T : struct, IHexValue<T>
    {
        value = default;
        if (text.Length != 2 + (2 * T.ByteCount) || text[0] != '0' || (text[1] | 0x20) != 'x')
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[MaxFixedBytes];
        bytes = bytes[..T.ByteCount];
        if (Convert.FromHexString(text[2..], bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        value = T.FromBytes(bytes);
        return true;
    }
}

/// <summary>Reads and writes a fixed-size value as its hex text, also as a dictionary key.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public sealed class HexJsonConverter<T> : JsonConverter<T>
    where T : struct, IHexValue<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && !reader.ValueIsEscaped
            ? Hex.TryParse<T>(reader.ValueSpan, out var value)
            : Hex.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out value))
            ? value
            : throw new JsonException($"A {typeof(T).Name} is a string of 0x and {2 * T.ByteCount} hex digits.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Hex.TryParse<T>(reader.GetString(), out var value) ? value : throw new JsonException($"A key is not a {typeof(T).Name}.");

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString()!);
}
