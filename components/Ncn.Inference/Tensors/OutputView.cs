using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>One output of a run, in native memory.</summary>
internal readonly unsafe struct OutputView
{
    /// <summary>In place of a number of rows: the whole output, which may have none.</summary>
    public const int All = -1;

    private readonly long[] _shape;
    private readonly nint _address;
    private readonly int _bytes;
    private readonly OrtValue? _text;

    /// <summary>An output of numbers that lies at a known place.</summary>
    public OutputView(TensorPort port, long[] shape, nint address, long bytes)
    {
        (Name, Datatype) = (port.Name, port.Datatype);
        (_shape, _address, _bytes) = (shape, address, checked((int)bytes));
    }

    /// <summary>An output that ONNX Runtime put where it liked.</summary>
    /// <exception cref="InferenceException">It is no tensor of the promised type, or too large.</exception>
    public OutputView(TensorPort port, OrtValue value, long maxBytes)
    {
        (Name, Datatype) = (port.Name, port.Datatype);
        OrtTensorTypeAndShapeInfo info = value.IsTensor
            ? value.GetTensorTypeAndShape()
            : throw new InferenceException(InferenceFault.ModelFailed, $"The model's output '{port.Name}' is no tensor.");
        if (info.ElementDataType != port.ElementType)
        {
            throw new InferenceException(InferenceFault.ModelFailed, $"The model's output '{port.Name}' is {info.ElementDataType}, and its signature says {port.ElementType}.");
        }

        _shape = info.Shape;
        _text = Datatype == TensorDatatype.BYTES ? value : null;
        _bytes = checked((int)Limited(port, Datatype == TensorDatatype.BYTES ? TextBytes(value, 0, info.ElementCount) : info.ElementCount * Datatype.Width(), maxBytes));
        if (_text is null && _bytes > 0)
        {
            fixed (byte* first = value.GetTensorMutableRawData())
            {
                _address = (nint)first;
            }
        }
    }

    public string Name { get; }

    public TensorDatatype Datatype { get; }

    /// <summary>First size; -1 for a scalar.</summary>
    public long Rows => _shape.Length == 0 ? -1 : _shape[0];

    public static long Limited(TensorPort port, long bytes, long maxBytes) => bytes <= maxBytes ? bytes : throw new InferenceException(
        InferenceFault.InvalidRequest, $"The output '{port.Name}' of this request has {bytes} bytes, and this node returns at most {maxBytes}. Send fewer or smaller rows, or leave the output out.");

    public long[] Shape(int rows)
    {
        if (rows == All)
        {
            return _shape;
        }

        long[] shape = [.. _shape];
        shape[0] = rows;
        return shape;
    }

    public int Size(int first, int rows) => rows == All
        ? _bytes
        : _text is null ? checked((int)(_bytes / _shape[0] * rows)) : checked((int)TextBytes(_text, first * PerRow, rows * PerRow));

    public int CopyTo(Span<byte> target, int first, int rows)
    {
        int size = Size(first, rows);
        if (_text is not null)
        {
            CopyText(target, rows == All ? 0 : first * PerRow, rows == All ? Elements : rows * PerRow);
        }
        else if (size > 0)
        {
            long start = rows == All ? 0 : _bytes / _shape[0] * first;
            new ReadOnlySpan<byte>((byte*)_address + start, size).CopyTo(target);
        }

        return size;
    }

    private long PerRow => Elements / _shape[0];

    private long Elements
    {
        get
        {
            long elements = 1;
            foreach (long size in _shape)
            {
                elements *= size;
            }

            return elements;
        }
    }

    private void CopyText(Span<byte> target, long first, long count)
    {
        int at = 0;
        for (long i = first; i < first + count; i++)
        {
            ReadOnlySpan<byte> element = _text!.GetStringElementAsSpan((int)i);
            BinaryPrimitives.WriteInt32LittleEndian(target[at..], element.Length);
            element.CopyTo(target[(at + 4)..]);
            at += 4 + element.Length;
        }
    }

    private static long TextBytes(OrtValue text, long first, long count)
    {
        long bytes = 0;
        for (long i = first; i < first + count; i++)
        {
            bytes += 4 + text.GetStringElementAsSpan((int)i).Length;
        }

        return bytes;
    }
}
