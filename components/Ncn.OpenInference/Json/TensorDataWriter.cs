using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Ncn.Protocol;

namespace Ncn.OpenInference.Json;

/// <summary>Writes a tensor's raw bytes as a flat JSON array.</summary>
internal static class TensorDataWriter
{
    public static void Write(Utf8JsonWriter json, string datatype, ReadOnlySpan<byte> data)
    {
        TensorDatatype? known = TensorDatatypes.TryParse(datatype, out TensorDatatype parsed) ? parsed : null;
        switch (known)
        {
            case TensorDatatype.BOOL: Numbers<byte, NumberElements.Bool>(json, data); break;
            case TensorDatatype.UINT8: Numbers<byte, NumberElements.UInt8>(json, data); break;
            case TensorDatatype.INT8: Numbers<sbyte, NumberElements.Int8>(json, data); break;
            case TensorDatatype.UINT16: Numbers<ushort, NumberElements.UInt16>(json, data); break;
            case TensorDatatype.INT16: Numbers<short, NumberElements.Int16>(json, data); break;
            case TensorDatatype.UINT32: Numbers<uint, NumberElements.UInt32>(json, data); break;
            case TensorDatatype.INT32: Numbers<int, NumberElements.Int32>(json, data); break;
            case TensorDatatype.UINT64: Numbers<ulong, NumberElements.UInt64>(json, data); break;
            case TensorDatatype.INT64: Numbers<long, NumberElements.Int64>(json, data); break;
            case TensorDatatype.FP16: Numbers<Half, NumberElements.Fp16>(json, data); break;
            case TensorDatatype.FP32: Numbers<float, NumberElements.Fp32>(json, data); break;
            case TensorDatatype.FP64: Numbers<double, NumberElements.Fp64>(json, data); break;
            case TensorDatatype.BYTES: Texts(json, data); break;
            default: throw new OpenInferenceException($"{datatype} has no form in JSON; ask for the output's bytes with the parameter binary_data.");
        }
    }

    private static void Numbers<T, TElement>(Utf8JsonWriter json, ReadOnlySpan<byte> data)
        where T : unmanaged
        where TElement : struct, INumberElement<T>
    {
        json.WriteStartArray();
        foreach (T value in MemoryMarshal.Cast<byte, T>(data))
        {
            TElement.Write(json, value);
        }

        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, ReadOnlySpan<byte> data)
    {
        json.WriteStartArray();
        while (!data.IsEmpty)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(data);
            ReadOnlySpan<byte> text = data.Slice(4, length);
            if (Utf8.IsValid(text))
            {
                json.WriteStringValue(text);
            }
            else
            {
                // JSON carries text only: what is none reads as replacement characters here, and exactly in the binary form.
                json.WriteStringValue(Encoding.UTF8.GetString(text));
            }

            data = data[(4 + length)..];
        }

        json.WriteEndArray();
    }
}
