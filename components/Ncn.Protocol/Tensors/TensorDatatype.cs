using System.Diagnostics.CodeAnalysis;

namespace Ncn.Protocol;

/// <summary>The datatypes of the Open Inference Protocol, version 2; the members are named as the protocol names them.</summary>
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

    /// <summary>Travels as bytes only: the protocol gives it no form in JSON and none in typed contents.</summary>
    BF16,
    FP32,
    FP64,

    /// <summary>Strings of bytes; ONNX Runtime takes them as UTF-8 text.</summary>
    BYTES,
}

/// <summary>What is known about each datatype.</summary>
public static class TensorDatatypes
{
    private static readonly (string Name, int Width)[] Known =
    [
        ("BOOL", 1), ("UINT8", 1), ("UINT16", 2), ("UINT32", 4), ("UINT64", 8), ("INT8", 1), ("INT16", 2), ("INT32", 4), ("INT64", 8),
        ("FP16", 2), ("BF16", 2), ("FP32", 4), ("FP64", 8), ("BYTES", 0),
    ];

    /// <summary>Bytes of one element; 0 for <see cref="TensorDatatype.BYTES"/>, whose elements differ.</summary>
    public static int Width(this TensorDatatype datatype) => Known[(int)datatype].Width;

    /// <summary>The protocol's name, such as FP32, without an allocation.</summary>
    public static string Name(this TensorDatatype datatype) => Known[(int)datatype].Name;

    /// <summary>Reads the protocol's name; upper case only.</summary>
    public static bool TryParse(string? name, out TensorDatatype datatype)
    {
        int at = Array.FindIndex(Known, entry => entry.Name == name);
        datatype = at < 0 ? default : (TensorDatatype)at;
        return at >= 0;
    }
}
