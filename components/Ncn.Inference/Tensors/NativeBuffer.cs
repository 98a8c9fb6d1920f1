using System.Numerics;
using System.Runtime.InteropServices;

namespace Ncn.Inference.Tensors;

/// <summary>Memory outside the garbage collector's reach, at a fixed place, that grows and is used again.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;
    private byte* _memory;

    ~NativeBuffer() => Free();

    public long Capacity { get; private set; }

    public nint Address => (nint)_memory;

    /// <summary>Makes room for so many bytes; true when the memory moved, whereupon its content is lost.</summary>
    public bool Ensure(long bytes)
    {
        if (_memory is not null && bytes <= Capacity)
        {
            return false;
        }

        Free();
        var size = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(bytes, 4096));
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)size, Alignment);
        Capacity = size;
        return true;
    }

    public Span<byte> Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + length, Capacity);
        return new Span<byte>(_memory + start, length);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        Capacity = 0;
    }
}
