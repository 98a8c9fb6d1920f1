using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Ncn.Inference.Tensors;

/// <summary>The datatypes of the Open Inference Protocol, version 2, that ONNX models use.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The protocol's own names.")]
public enum TensorDatatype
{
    BOOL,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    INT8,
    INT16,
    INT32,
    INT64,
    FP16,
    BF16,
    FP32,
    FP64,

    /// <summary>Strings of bytes; ONNX Runtime takes them as UTF-8 text.</summary>
    BYTES,
}

/// <summary>What is known about each datatype.</summary>
public static class TensorDatatypes
{
    private static readonly (TensorDatatype Datatype, TensorElementType Onnx, int Width)[] Known =
    [
        (TensorDatatype.BOOL, TensorElementType.Bool, 1),
        (TensorDatatype.UINT8, TensorElementType.UInt8, 1),
        (TensorDatatype.UINT16, TensorElementType.UInt16, 2),
        (TensorDatatype.UINT32, TensorElementType.UInt32, 4),
        (TensorDatatype.UINT64, TensorElementType.UInt64, 8),
        (TensorDatatype.INT8, TensorElementType.Int8, 1),
        (TensorDatatype.INT16, TensorElementType.Int16, 2),
        (TensorDatatype.INT32, TensorElementType.Int32, 4),
        (TensorDatatype.INT64, TensorElementType.Int64, 8),
        (TensorDatatype.FP16, TensorElementType.Float16, 2),
        (TensorDatatype.BF16, TensorElementType.BFloat16, 2),
        (TensorDatatype.FP32, TensorElementType.Float, 4),
        (TensorDatatype.FP64, TensorElementType.Double, 8),
        (TensorDatatype.BYTES, TensorElementType.String, 0),
    ];

    /// <summary>Bytes of one element; 0 for <see cref="TensorDatatype.BYTES"/>, whose elements differ.</summary>
    public static int Width(this TensorDatatype datatype) => Known[(int)datatype].Width;

    /// <summary>Reads the protocol's name, such as FP32; upper case only.</summary>
    public static bool TryParse(string? name, out TensorDatatype datatype)
    {
        int at = Array.FindIndex(Known, entry => entry.Datatype.ToString() == name);
        datatype = at < 0 ? default : Known[at].Datatype;
        return at >= 0;
    }

    internal static TensorElementType ToOnnx(this TensorDatatype datatype) => Known[(int)datatype].Onnx;

    internal static TensorDatatype? FromOnnx(TensorElementType type)
    {
        int at = Array.FindIndex(Known, entry => entry.Onnx == type);
        return at < 0 ? null : Known[at].Datatype;
    }
}
