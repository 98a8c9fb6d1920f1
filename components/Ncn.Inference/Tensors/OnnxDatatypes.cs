using Microsoft.ML.OnnxRuntime.Tensors;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>Which of ONNX Runtime's element types carries which datatype of the protocol.</summary>
internal static class OnnxDatatypes
{
    private static readonly (TensorDatatype Datatype, TensorElementType Onnx)[] Pairs =
    [
        (TensorDatatype.BOOL, TensorElementType.Bool),
        (TensorDatatype.UINT8, TensorElementType.UInt8),
        (TensorDatatype.UINT16, TensorElementType.UInt16),
        (TensorDatatype.UINT32, TensorElementType.UInt32),
        (TensorDatatype.UINT64, TensorElementType.UInt64),
        (TensorDatatype.INT8, TensorElementType.Int8),
        (TensorDatatype.INT16, TensorElementType.Int16),
        (TensorDatatype.INT32, TensorElementType.Int32),
        (TensorDatatype.INT64, TensorElementType.Int64),
        (TensorDatatype.FP16, TensorElementType.Float16),
        (TensorDatatype.BF16, TensorElementType.BFloat16),
        (TensorDatatype.FP32, TensorElementType.Float),
        (TensorDatatype.FP64, TensorElementType.Double),
        (TensorDatatype.BYTES, TensorElementType.String),
    ];

    public static TensorElementType ToOnnx(this TensorDatatype datatype) => Pairs[(int)datatype].Onnx;

    public static TensorDatatype? FromOnnx(TensorElementType type)
    {
        int at = Array.FindIndex(Pairs, pair => pair.Onnx == type);
        return at < 0 ? null : Pairs[at].Datatype;
    }
}
