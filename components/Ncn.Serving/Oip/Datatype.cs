using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ncn.Serving.Oip;

/// <summary>The Open Inference Protocol's datatypes between JSON and little-endian bytes (protocol v2, "Tensor Data").</summary>
internal static class Datatype
{
    /// <summary>Bytes of one element; null for BYTES, whose elements have a length prefix, and -1 for an unknown type.</summary>
    public static int? Size(string datatype) => datatype switch
    {
        "BOOL" or "UINT8" or "INT8" => 1,
        "UINT16" or "INT16" or "FP16" => 2,
        "UINT32" or "INT32" or "FP32" => 4,
        "UINT64" or "INT64" or "FP64" => 8,
        "BYTES" => null,
        _ => -1,
    };

    /// <summary>Appends one JSON element. Throws <see cref="FormatException"/> when it is no value of the type.</summary>
    public static void Write(Stream output, string datatype, JsonElement value)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (datatype == "BYTES")
        {
            var text = Encoding.UTF8.GetBytes(value.GetString() ?? string.Empty);
            BinaryPrimitives.WriteInt32LittleEndian(bytes, text.Length);
            output.Write(bytes[..4]);
            output.Write(text);
            return;
        }

        switch (datatype)
        {
            case "BOOL": bytes[0] = value.GetBoolean() ? (byte)1 : (byte)0; break;
            case "UINT8": bytes[0] = value.GetByte(); break;
            case "INT8": bytes[0] = unchecked((byte)value.GetSByte()); break;
            case "UINT16": BinaryPrimitives.WriteUInt16LittleEndian(bytes, value.GetUInt16()); break;
            case "INT16": BinaryPrimitives.WriteInt16LittleEndian(bytes, value.GetInt16()); break;
            case "FP16": BinaryPrimitives.WriteHalfLittleEndian(bytes, Finite((Half)value.GetDouble())); break;
            case "UINT32": BinaryPrimitives.WriteUInt32LittleEndian(bytes, value.GetUInt32()); break;
            case "INT32": BinaryPrimitives.WriteInt32LittleEndian(bytes, value.GetInt32()); break;
            case "FP32": BinaryPrimitives.WriteSingleLittleEndian(bytes, Finite(value.GetSingle())); break;
            case "UINT64": BinaryPrimitives.WriteUInt64LittleEndian(bytes, value.GetUInt64()); break;
            case "INT64": BinaryPrimitives.WriteInt64LittleEndian(bytes, value.GetInt64()); break;
            case "FP64": BinaryPrimitives.WriteDoubleLittleEndian(bytes, Finite(value.GetDouble())); break;
            default: throw new FormatException($"{datatype} is not a datatype with a JSON form");
        }

        output.Write(bytes[..Size(datatype)!.Value]);
    }

    // A number too large for its type reads as infinity.
    private static T Finite<T>(T value)
        where T : INumberBase<T> => T.IsFinite(value) ? value : throw new FormatException("the number is too large for its datatype");

    /// <summary>All elements as a flat JSON array.</summary>
    public static JsonArray Read(string datatype, ReadOnlySpan<byte> bytes)
    {
        var values = new JsonArray();
        while (!bytes.IsEmpty)
        {
            var length = Size(datatype) ?? BinaryPrimitives.ReadInt32LittleEndian(bytes);
            bytes = datatype == "BYTES" ? bytes[4..] : bytes;
            values.Add(ReadOne(datatype, bytes[..length]));
            bytes = bytes[length..];
        }

        return values;
    }

    private static JsonValue ReadOne(string datatype, ReadOnlySpan<byte> bytes) => datatype switch
    {
        "BOOL" => JsonValue.Create(bytes[0] != 0),
        "UINT8" => JsonValue.Create(bytes[0]),
        "INT8" => JsonValue.Create(unchecked((sbyte)bytes[0])),
        "UINT16" => JsonValue.Create(BinaryPrimitives.ReadUInt16LittleEndian(bytes)),
        "INT16" => JsonValue.Create(BinaryPrimitives.ReadInt16LittleEndian(bytes)),
        "FP16" => Number((double)BinaryPrimitives.ReadHalfLittleEndian(bytes)),
        "UINT32" => JsonValue.Create(BinaryPrimitives.ReadUInt32LittleEndian(bytes)),
        "INT32" => JsonValue.Create(BinaryPrimitives.ReadInt32LittleEndian(bytes)),
        "FP32" => NumberOfSingle(BinaryPrimitives.ReadSingleLittleEndian(bytes)),
        "UINT64" => JsonValue.Create(BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
        "INT64" => JsonValue.Create(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        "FP64" => Number(BinaryPrimitives.ReadDoubleLittleEndian(bytes)),
        "BYTES" => JsonValue.Create(Encoding.UTF8.GetString(bytes))!,
        _ => throw new FormatException($"{datatype} is not a datatype with a JSON form"),
    };

    // JSON has no NaN or infinity; they travel as text.
    private static JsonValue Number(double value) =>
        double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture))!;

    private static JsonValue NumberOfSingle(float value) =>
        float.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture))!;
}
