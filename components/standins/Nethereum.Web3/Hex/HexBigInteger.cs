using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nethereum.Hex.HexTypes;

/// <summary>A value and its JSON-RPC hexadecimal form, kept in step.</summary>
public class HexRPCType<T>
{
    private T _value;
    private string _hexValue;

    private protected HexRPCType(T value) => Value = value;

    private protected HexRPCType(string hex) => HexValue = hex;

    public string HexValue
    {
        get => _hexValue;
        set => (_hexValue, _value) = (value, FromHex(value));
    }

    public T Value
    {
        get => _value;
        set => (_value, _hexValue) = (value, ToHex(value));
    }

    public static implicit operator T(HexRPCType<T> hexRpcType) => hexRpcType.Value;

    private protected virtual T FromHex(string hex) => throw new NotSupportedException("Only HexBigInteger has a hexadecimal form here.");

    private protected virtual string ToHex(T value) => throw new NotSupportedException("Only HexBigInteger has a hexadecimal form here.");
}

/// <summary>A JSON-RPC quantity: "0x0" for zero, no leading zeros otherwise.</summary>
[JsonConverter(typeof(HexBigIntegerJsonConverter))]
public class HexBigInteger : HexRPCType<BigInteger>
{
    public HexBigInteger(BigInteger value)
        : base(value)
    {
    }

    public HexBigInteger(string hex)
        : base(hex)
    {
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    private protected override BigInteger FromHex(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        var digits = hex.StartsWith("0x", StringComparison.Ordinal) ? hex[2..] : hex;
        return BigInteger.Parse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private protected override string ToHex(BigInteger value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var digits = value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        return "0x" + (digits.Length == 0 ? "0" : digits);
    }
}

internal sealed class HexBigIntegerJsonConverter : JsonConverter<HexBigInteger>
{
    public override HexBigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.String => new HexBigInteger(reader.GetString()),
            JsonTokenType.Number => new HexBigInteger(reader.GetInt64()),
            _ => throw new JsonException($"A quantity must be a hexadecimal string, not {reader.TokenType}."),
        };

    public override void Write(Utf8JsonWriter writer, HexBigInteger value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.HexValue);
}
