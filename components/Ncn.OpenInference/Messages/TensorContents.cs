using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Inference;
using Ncn.Protocol;

namespace Ncn.OpenInference.Messages;

/// <summary>Between the protocol's messages and raw tensors.</summary>
public static class TensorContents
{
    /// <summary>A request's inputs; what came in raw_input_contents is a view of the message. What they must be is the model's to say.</summary>
    /// <exception cref="OpenInferenceException">Too many or too large, an unknown datatype, or contents and raw contents mixed.</exception>
    public static IReadOnlyList<TensorValue> Read(ModelInferRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Inputs.Count > CodecLimits.MaxTensors || request.Outputs.Count > CodecLimits.MaxTensors)
        {
            throw new OpenInferenceException($"A request may have {CodecLimits.MaxTensors} inputs and ask for {CodecLimits.MaxTensors} outputs at most.");
        }

        bool isRaw = request.RawInputContents.Count > 0;
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw new OpenInferenceException($"raw_input_contents has {request.RawInputContents.Count} entries for {request.Inputs.Count} inputs.");
        }

        var tensors = new TensorValue[request.Inputs.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            tensors[i] = Read(request.Inputs[i], isRaw ? request.RawInputContents[i] : null);
        }

        return tensors;
    }

    /// <summary>The response that carries these outputs, raw; it views their memory.</summary>
    public static ModelInferResponse Write(string id, string model, string version, IReadOnlyList<TensorValue> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        var response = new ModelInferResponse { ModelName = model, ModelVersion = version, Id = id };
        foreach (TensorValue output in outputs)
        {
            var tensor = new ModelInferResponse.Types.InferOutputTensor { Name = output.Name, Datatype = output.Datatype.Name() };
            tensor.Shape.AddRange(output.Shape);
            response.Outputs.Add(tensor);
            response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Data));
        }

        return response;
    }

    private static TensorValue Read(ModelInferRequest.Types.InferInputTensor input, ByteString? raw)
    {
        if (input.Name.Length > CodecLimits.MaxNameLength || input.Shape.Count > CodecLimits.MaxDimensions)
        {
            throw new OpenInferenceException(
                $"An input may have a name of {CodecLimits.MaxNameLength} characters and {CodecLimits.MaxDimensions} dimensions at most; one has {input.Name.Length} and {input.Shape.Count}.");
        }

        if (!TensorDatatypes.TryParse(input.Datatype, out TensorDatatype datatype))
        {
            throw new OpenInferenceException($"Input '{input.Name}' has a datatype that the protocol does not know; it knows FP32, INT64 and so on.");
        }

        if (raw is not null && input.Contents is not null && input.Contents.CalculateSize() > 0)
        {
            throw new OpenInferenceException($"Input '{input.Name}' has both contents and raw contents; send one of them.");
        }

        return new TensorValue(input.Name, datatype, [.. input.Shape], raw?.Memory ?? Pack(input.Name, datatype, input.Contents ?? new InferTensorContents()));
    }

    private static byte[] Pack(string name, TensorDatatype datatype, InferTensorContents contents) => datatype switch
    {
        TensorDatatype.BOOL => Narrow(contents.BoolContents, static value => value ? (byte)1 : (byte)0),
        TensorDatatype.UINT8 => Narrow(contents.UintContents, value => value <= byte.MaxValue ? (byte)value : throw TooLarge(name, value, datatype)),
        TensorDatatype.UINT16 => Narrow(contents.UintContents, value => value <= ushort.MaxValue ? (ushort)value : throw TooLarge(name, value, datatype)),
        TensorDatatype.INT8 => Narrow(contents.IntContents, value => value is >= sbyte.MinValue and <= sbyte.MaxValue ? (sbyte)value : throw TooLarge(name, value, datatype)),
        TensorDatatype.INT16 => Narrow(contents.IntContents, value => value is >= short.MinValue and <= short.MaxValue ? (short)value : throw TooLarge(name, value, datatype)),
        TensorDatatype.UINT32 => Bytes(contents.UintContents),
        TensorDatatype.INT32 => Bytes(contents.IntContents),
        TensorDatatype.UINT64 => Bytes(contents.Uint64Contents),
        TensorDatatype.INT64 => Bytes(contents.Int64Contents),
        TensorDatatype.FP32 => Bytes(contents.Fp32Contents),
        TensorDatatype.FP64 => Bytes(contents.Fp64Contents),
        TensorDatatype.BYTES => Texts(contents.BytesContents),
        _ => throw new OpenInferenceException($"Input '{name}' is {datatype.Name()}, which travels in raw_input_contents only."),
    };

    private static byte[] Bytes<T>(RepeatedField<T> values)
        where T : unmanaged
    {
        var array = new T[values.Count];
        values.CopyTo(array, 0);
        return MemoryMarshal.AsBytes(array.AsSpan()).ToArray();
    }

    private static byte[] Narrow<TFrom, TTo>(RepeatedField<TFrom> values, Func<TFrom, TTo> narrow)
        where TTo : unmanaged
    {
        var array = new TTo[values.Count];
        for (int i = 0; i < array.Length; i++)
        {
            array[i] = narrow(values[i]);
        }

        return MemoryMarshal.AsBytes(array.AsSpan()).ToArray();
    }

    private static byte[] Texts(RepeatedField<ByteString> elements)
    {
        var raw = new byte[elements.Sum(static element => 4 + element.Length)];
        int at = 0;
        foreach (ByteString element in elements)
        {
            BinaryPrimitives.WriteInt32LittleEndian(raw.AsSpan(at), element.Length);
            element.Span.CopyTo(raw.AsSpan(at + 4));
            at += 4 + element.Length;
        }

        return raw;
    }

    private static OpenInferenceException TooLarge(string name, long value, TensorDatatype datatype) =>
        new($"Input '{name}' holds {value}, which is no value of {datatype.Name()}.");
}
