using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Ncn.Inference.Batching;

/// <summary>Numbers in native memory that ONNX Runtime reads and writes in place.</summary>
internal sealed unsafe class HostBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint Alignment = 64;
    private readonly long _count;
    private T* _data;

    public HostBuffer(long count)
    {
        _count = count;
        _data = (T*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(T)), Alignment);
        NativeMemory.Clear(_data, (nuint)(count * sizeof(T)));
    }

    /// <summary>Part of the buffer.</summary>
    public Span<T> Slice(long start, int count)
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, _count);
        return new Span<T>(_data + start, count);
    }

    /// <summary>A tensor over the beginning of the buffer.</summary>
    public OrtValue View(TensorElementType type, params long[] shape) =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, type, shape, (nint)_data, _count * sizeof(T));

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
