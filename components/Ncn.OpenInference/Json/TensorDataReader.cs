using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Ncn.Protocol;
using InputTensor = Inference.ModelInferRequest.Types.InferInputTensor;

namespace Ncn.OpenInference.Json;

/// <summary>Reads <c>data</c> of one tensor, nested as its shape or flat in row-major order, into the tensor's raw bytes.</summary>
internal static class TensorDataReader
{
    /// <param name="json">On the first token of the data; afterwards on its last.</param>
    /// <param name="jsonLength">Bytes of the whole text: no tensor in it can have more elements than that, whatever its shape says.</param>
    public static ByteString Read(ref Utf8JsonReader json, InputTensor tensor, TensorDatatype datatype, int jsonLength)
    {
        int count = Count(tensor, jsonLength);
        return datatype switch
        {
            TensorDatatype.BOOL => Numbers<byte, NumberElements.Bool>(ref json, tensor, count),
            TensorDatatype.UINT8 => Numbers<byte, NumberElements.UInt8>(ref json, tensor, count),
            TensorDatatype.INT8 => Numbers<sbyte, NumberElements.Int8>(ref json, tensor, count),
            TensorDatatype.UINT16 => Numbers<ushort, NumberElements.UInt16>(ref json, tensor, count),
            TensorDatatype.INT16 => Numbers<short, NumberElements.Int16>(ref json, tensor, count),
            TensorDatatype.UINT32 => Numbers<uint, NumberElements.UInt32>(ref json, tensor, count),
            TensorDatatype.INT32 => Numbers<int, NumberElements.Int32>(ref json, tensor, count),
            TensorDatatype.UINT64 => Numbers<ulong, NumberElements.UInt64>(ref json, tensor, count),
            TensorDatatype.INT64 => Numbers<long, NumberElements.Int64>(ref json, tensor, count),
            TensorDatatype.FP16 => Numbers<Half, NumberElements.Fp16>(ref json, tensor, count),
            TensorDatatype.FP32 => Numbers<float, NumberElements.Fp32>(ref json, tensor, count),
            TensorDatatype.FP64 => Numbers<double, NumberElements.Fp64>(ref json, tensor, count),
            TensorDatatype.BYTES => Texts(ref json, tensor, count),
            _ => throw new OpenInferenceException($"Input {tensor.Name} is {datatype.Name()}, which has no form in JSON; send its bytes with {BinaryData.SizeParameter}."),
        };
    }

    private static int Count(InputTensor tensor, int jsonLength)
    {
        UInt128 count = UInt128.One;
        foreach (long size in tensor.Shape)
        {
            // The product stays below 2^32 · 2^63, so a later 0 still makes it 0 and nothing overflows.
            count = UInt128.Min(count, uint.MaxValue) * (ulong)size;
        }

        // Each element takes a character and a comma at least.
        return count <= (UInt128)((jsonLength / 2) + 1)
            ? (int)count
            : throw new OpenInferenceException($"Input {tensor.Name} has fewer elements than its shape [{string.Join(',', tensor.Shape)}] says.");
    }

    private static ByteString Numbers<T, TElement>(ref Utf8JsonReader json, InputTensor tensor, int count)
        where T : unmanaged
        where TElement : struct, INumberElement<T>
    {
        var bytes = new byte[checked(count * Unsafe.SizeOf<T>())];
        var sink = new NumberSink<T, TElement>(MemoryMarshal.Cast<byte, T>(bytes.AsSpan()));
        ArrayWalk.Read(ref json, tensor, count, ref sink);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private static ByteString Texts(ref Utf8JsonReader json, InputTensor tensor, int count)
    {
        var sink = new TextSink(count);
        ArrayWalk.Read(ref json, tensor, count, ref sink);
        return UnsafeByteOperations.UnsafeWrap(sink.Written);
    }
}
