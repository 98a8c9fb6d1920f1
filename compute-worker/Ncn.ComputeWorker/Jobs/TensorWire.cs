using System.Buffers.Binary;
using Google.Protobuf;
using InferTensorContents = Inference.InferTensorContents;
using ModelInferRequest = Inference.ModelInferRequest;
using ModelInferResponse = Inference.ModelInferResponse;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Between the gRPC messages of the Open Inference Protocol and the engine's raw tensors.</summary>
internal static class TensorWire
{
    /// <exception cref="JobRefusedException">A datatype is unknown, or content and raw content are mixed or missing.</exception>
    public static IReadOnlyList<TensorValue> Read(ModelInferRequest request)
    {
        bool raw = request.RawInputContents.Count > 0;
        if (raw && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw Invalid($"raw_input_contents has {request.RawInputContents.Count} entries for {request.Inputs.Count} inputs.");
        }

        return [.. request.Inputs.Select((input, i) => Read(input, raw ? request.RawInputContents[i] : null))];
    }

    public static ModelInferResponse Write(ModelInferRequest request, string name, string version, IReadOnlyList<TensorValue> outputs)
    {
        var response = new ModelInferResponse { ModelName = name, ModelVersion = version, Id = request.Id };
        foreach (TensorValue output in outputs)
        {
            var tensor = new ModelInferResponse.Types.InferOutputTensor { Name = output.Name, Datatype = output.Datatype.ToString() };
            tensor.Shape.AddRange(output.Shape);
            response.Outputs.Add(tensor);
            response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Data));
        }

        return response;
    }

    private static TensorValue Read(ModelInferRequest.Types.InferInputTensor input, ByteString? raw)
    {
        if (!TensorDatatypes.TryParse(input.Datatype, out TensorDatatype datatype))
        {
            throw Invalid($"input '{input.Name}' has the unknown datatype '{input.Datatype}'.");
        }

        if (raw is not null && input.Contents is not null && input.Contents.CalculateSize() > 0)
        {
            throw Invalid($"input '{input.Name}' has both contents and raw contents.");
        }

        return new TensorValue(input.Name, datatype, [.. input.Shape], raw?.Memory ?? Pack(input.Name, datatype, input.Contents ?? new InferTensorContents()));
    }

    private static byte[] Pack(string name, TensorDatatype datatype, InferTensorContents contents) => datatype switch
    {
        TensorDatatype.BOOL => [.. contents.BoolContents.Select(value => value ? (byte)1 : (byte)0)],
        TensorDatatype.UINT8 or TensorDatatype.UINT16 or TensorDatatype.UINT32 => Pack(contents.UintContents, datatype.Width(), (to, value) =>
            WriteUnsigned(name, to, value)),
        TensorDatatype.INT8 or TensorDatatype.INT16 or TensorDatatype.INT32 => Pack(contents.IntContents, datatype.Width(), (to, value) =>
            WriteSigned(name, to, value)),
        TensorDatatype.UINT64 => Pack(contents.Uint64Contents, 8, BinaryPrimitives.WriteUInt64LittleEndian),
        TensorDatatype.INT64 => Pack(contents.Int64Contents, 8, BinaryPrimitives.WriteInt64LittleEndian),
        TensorDatatype.FP32 => Pack(contents.Fp32Contents, 4, BinaryPrimitives.WriteSingleLittleEndian),
        TensorDatatype.FP64 => Pack(contents.Fp64Contents, 8, BinaryPrimitives.WriteDoubleLittleEndian),
        TensorDatatype.BYTES => TensorValue.FromByteElements([.. contents.BytesContents.Select(value => value.ToByteArray())]),
        _ => throw Invalid($"input '{name}' is {datatype}, which travels in raw_input_contents only."),
    };

    private delegate void WriteValue<in T>(Span<byte> destination, T value);

    private static byte[] Pack<T>(IReadOnlyList<T> values, int width, WriteValue<T> write)
    {
        var data = new byte[checked(values.Count * width)];
        for (int i = 0; i < values.Count; i++)
        {
            write(data.AsSpan(i * width, width), values[i]);
        }

        return data;
    }

    private static void WriteUnsigned(string name, Span<byte> to, uint value)
    {
        Span<byte> whole = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(whole, value);
        if (to.Length < 4 && value >> (8 * to.Length) != 0)
        {
            throw Invalid($"input '{name}' holds {value}, which is too large for its datatype.");
        }

        whole[..to.Length].CopyTo(to);
    }

    private static void WriteSigned(string name, Span<byte> to, int value)
    {
        Span<byte> whole = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(whole, value);
        if (to.Length < 4 && value >> ((8 * to.Length) - 1) is not (0 or -1))
        {
            throw Invalid($"input '{name}' holds {value}, which is too large for its datatype.");
        }

        whole[..to.Length].CopyTo(to);
    }

    private static JobRefusedException Invalid(string message) => new(JobRefusalReason.Invalid, message);
}
