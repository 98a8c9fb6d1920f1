using System.Text.Json;

namespace Ncn.OpenInference.Json;

/// <summary>How one element of a datatype stands in JSON. A struct for each type, so that the loop over elements is compiled for it.</summary>
/// <typeparam name="T">The element in memory; little-endian, as on the wire.</typeparam>
internal interface INumberElement<T>
    where T : unmanaged
{
    /// <summary>False when the token is no value of the type: another kind, a fraction for a whole number, beyond the type's range.</summary>
    static abstract bool TryRead(ref Utf8JsonReader json, out T value);

    static abstract void Write(Utf8JsonWriter json, T value);
}

/// <summary>The datatypes that have a fixed width and a form in JSON.</summary>
internal static class NumberElements
{
    public readonly struct Bool : INumberElement<byte>
    {
        public static bool TryRead(ref Utf8JsonReader json, out byte value)
        {
            value = json.TokenType == JsonTokenType.True ? (byte)1 : (byte)0;
            return json.TokenType is JsonTokenType.True or JsonTokenType.False;
        }

        public static void Write(Utf8JsonWriter json, byte value) => json.WriteBooleanValue(value != 0);
    }

    public readonly struct UInt8 : INumberElement<byte>
    {
        public static bool TryRead(ref Utf8JsonReader json, out byte value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetByte(out value);
        }

        public static void Write(Utf8JsonWriter json, byte value) => json.WriteNumberValue(value);
    }

    public readonly struct Int8 : INumberElement<sbyte>
    {
        public static bool TryRead(ref Utf8JsonReader json, out sbyte value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetSByte(out value);
        }

        public static void Write(Utf8JsonWriter json, sbyte value) => json.WriteNumberValue(value);
    }

    public readonly struct UInt16 : INumberElement<ushort>
    {
        public static bool TryRead(ref Utf8JsonReader json, out ushort value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetUInt16(out value);
        }

        public static void Write(Utf8JsonWriter json, ushort value) => json.WriteNumberValue(value);
    }

    public readonly struct Int16 : INumberElement<short>
    {
        public static bool TryRead(ref Utf8JsonReader json, out short value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetInt16(out value);
        }

        public static void Write(Utf8JsonWriter json, short value) => json.WriteNumberValue(value);
    }

    public readonly struct UInt32 : INumberElement<uint>
    {
        public static bool TryRead(ref Utf8JsonReader json, out uint value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetUInt32(out value);
        }

        public static void Write(Utf8JsonWriter json, uint value) => json.WriteNumberValue(value);
    }

    public readonly struct Int32 : INumberElement<int>
    {
        public static bool TryRead(ref Utf8JsonReader json, out int value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetInt32(out value);
        }

        public static void Write(Utf8JsonWriter json, int value) => json.WriteNumberValue(value);
    }

    public readonly struct UInt64 : INumberElement<ulong>
    {
        public static bool TryRead(ref Utf8JsonReader json, out ulong value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetUInt64(out value);
        }

        public static void Write(Utf8JsonWriter json, ulong value) => json.WriteNumberValue(value);
    }

    public readonly struct Int64 : INumberElement<long>
    {
        public static bool TryRead(ref Utf8JsonReader json, out long value)
        {
            value = 0;
            return json.TokenType == JsonTokenType.Number && json.TryGetInt64(out value);
        }

        public static void Write(Utf8JsonWriter json, long value) => json.WriteNumberValue(value);
    }

    // A number beyond the range of a floating-point type reads as infinity, which nobody wrote.
    public readonly struct Fp16 : INumberElement<Half>
    {
        public static bool TryRead(ref Utf8JsonReader json, out Half value)
        {
            value = json.TokenType == JsonTokenType.Number && json.TryGetDouble(out double number) ? (Half)number : Half.NaN;
            return Half.IsFinite(value);
        }

        public static void Write(Utf8JsonWriter json, Half value) => Fp32.Write(json, (float)value);
    }

    public readonly struct Fp32 : INumberElement<float>
    {
        public static bool TryRead(ref Utf8JsonReader json, out float value)
        {
            value = json.TokenType == JsonTokenType.Number && json.TryGetSingle(out float number) ? number : float.NaN;
            return float.IsFinite(value);
        }

        public static void Write(Utf8JsonWriter json, float value)
        {
            if (float.IsFinite(value))
            {
                json.WriteNumberValue(value);
            }
            else
            {
                json.WriteStringValue(NotFinite(value));
            }
        }
    }

    public readonly struct Fp64 : INumberElement<double>
    {
        public static bool TryRead(ref Utf8JsonReader json, out double value)
        {
            value = json.TokenType == JsonTokenType.Number && json.TryGetDouble(out double number) ? number : double.NaN;
            return double.IsFinite(value);
        }

        public static void Write(Utf8JsonWriter json, double value)
        {
            if (double.IsFinite(value))
            {
                json.WriteNumberValue(value);
            }
            else
            {
                json.WriteStringValue(NotFinite(value));
            }
        }
    }

    // JSON has no NaN and no infinity; they travel as text.
    private static ReadOnlySpan<byte> NotFinite(double value) =>
        double.IsNaN(value) ? "NaN"u8 : double.IsPositiveInfinity(value) ? "Infinity"u8 : "-Infinity"u8;
}
