using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>Carries tensors and their descriptions into ONNX Runtime and out of it.</summary>
internal static class OnnxTensors
{
    public static TensorSpec? Spec(string name, NodeMetadata metadata)
    {
        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || OnnxDatatypes.FromOnnx(metadata.ElementDataType) is not { } datatype)
        {
            return null;
        }

        return new TensorSpec(name, datatype.ToString(), [.. metadata.Dimensions.Select(size => (long)size)]);
    }

    /// <summary>Wraps the caller's memory; it stays pinned until both results are disposed of.</summary>
    public static (OrtValue Value, MemoryHandle Pin) Wrap(TensorValue tensor)
    {
        long[] shape = [.. tensor.Shape];
        if (tensor.Datatype == TensorDatatype.BYTES)
        {
            return (Strings(tensor, shape), default);
        }

        MemoryHandle pin = tensor.Data.Pin();
        unsafe
        {
            OrtValue value = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, tensor.Datatype.ToOnnx(), shape, (IntPtr)pin.Pointer, tensor.Data.Length);
            return (value, pin);
        }
    }

    public static TensorValue Copy(string name, OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        TensorDatatype datatype = OnnxDatatypes.FromOnnx(info.ElementDataType)
            ?? throw new InferenceException(InferenceFault.ModelFailed, $"Output '{name}' has the type {info.ElementDataType}, which the protocol does not carry.");
        byte[] data = datatype == TensorDatatype.BYTES
            ? TensorValue.FromByteElements([.. Enumerable.Range(0, checked((int)info.ElementCount)).Select(i => value.GetStringElementAsSpan(i).ToArray())])
            : value.GetTensorMutableRawData().ToArray();
        return new TensorValue(name, datatype, info.Shape, data);
    }

    private static OrtValue Strings(TensorValue tensor, long[] shape)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> elements = tensor.ByteElements()
            ?? throw InferenceException.Invalid($"input '{tensor.Name}' holds a broken list of elements");
        OrtValue value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (int i = 0; i < elements.Count; i++)
        {
            value.StringTensorSetElementAt(elements[i].Span, i);
        }

        return value;
    }
}
