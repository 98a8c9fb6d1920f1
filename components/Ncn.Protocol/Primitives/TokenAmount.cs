using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>An amount of the payment token in atomic units (1 USDC = 1,000,000). Never negative, never fractional; arithmetic is checked.</summary>
[JsonConverter(typeof(TokenAmountJsonConverter))]
public readonly record struct TokenAmount(UInt128 Units) : IComparable<TokenAmount>
{
    /// <summary>Nothing.</summary>
    public static TokenAmount Zero => default;

    /// <summary>True for nothing.</summary>
    public bool IsZero => Units == 0;

    /// <summary>Parses a decimal number of atomic units; throws <see cref="FormatException"/> otherwise.</summary>
    public static TokenAmount Parse(string text) =>
        TryParse(text, out var amount) ? amount : throw new FormatException("A token amount is a whole decimal number of atomic units below 2^128.");

    /// <summary>Parses a decimal number of atomic units: digits only, at most 39.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TokenAmount amount)
    {
        var parsed = UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var units);
        amount = new TokenAmount(units);
        return parsed;
    }

    public static TokenAmount Min(TokenAmount left, TokenAmount right) => left <= right ? left : right;

    public static TokenAmount Max(TokenAmount left, TokenAmount right) => left >= right ? left : right;

    /// <summary>left - right, or nothing when right is larger.</summary>
    public static TokenAmount SubtractOrZero(TokenAmount left, TokenAmount right) => left > right ? left - right : Zero;

    /// <summary>left + right, or the largest amount when the sum is larger: for comparing with what others have signed.</summary>
    public static TokenAmount AddOrMost(TokenAmount left, TokenAmount right) =>
        new(right.Units > UInt128.MaxValue - left.Units ? UInt128.MaxValue : left.Units + right.Units);

    public int CompareTo(TokenAmount other) => Units.CompareTo(other.Units);

    public static TokenAmount operator +(TokenAmount left, TokenAmount right) => new(checked(left.Units + right.Units));

    public static TokenAmount operator -(TokenAmount left, TokenAmount right) => new(checked(left.Units - right.Units));

    public static TokenAmount operator *(TokenAmount left, ulong count) => new(checked(left.Units * count));

    public static bool operator <(TokenAmount left, TokenAmount right) => left.Units < right.Units;

    public static bool operator >(TokenAmount left, TokenAmount right) => left.Units > right.Units;

    public static bool operator <=(TokenAmount left, TokenAmount right) => left.Units <= right.Units;

    public static bool operator >=(TokenAmount left, TokenAmount right) => left.Units >= right.Units;

    /// <summary>The decimal number of atomic units.</summary>
    public override string ToString() => Units.ToString(CultureInfo.InvariantCulture);
}

internal sealed class TokenAmountJsonConverter : JsonConverter<TokenAmount>
{
    public override TokenAmount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TokenAmount.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var amount)
            ? amount
            : throw new JsonException("A token amount is a string holding a whole decimal number of atomic units.");

    public override void Write(Utf8JsonWriter writer, TokenAmount value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

internal sealed class SubnetIdJsonConverter : JsonConverter<SubnetId>
{
    public override SubnetId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetUInt32());

    public override void Write(Utf8JsonWriter writer, SubnetId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}
