using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Batching;

/// <summary>
/// The keys and values of all slots: for each layer one buffer of keys and one of values, [slots, heads, length, head size],
/// allocated once. On the CPU each page is written at the start: the operating system hands pages out as they are first written,
/// and the first requests would wait for that.
/// </summary>
internal sealed unsafe class KvMemory : IDisposable
{
    private const nuint Alignment = 64;

    private readonly nint[] _buffers;
    private readonly List<IDisposable> _device = [];
    private readonly OrtMemoryInfo _place;
    private readonly TensorElementType _type;
    private readonly int _slots;
    private readonly int _heads;
    private readonly long _headBytes;
    private readonly int _tokenBytes;
    private readonly long[] _shape;

    /// <param name="graph">Layers, heads, head size.</param>
    /// <param name="type">float32 or float16.</param>
    /// <param name="slots">Sequences.</param>
    /// <param name="length">Tokens of a sequence.</param>
    /// <param name="device">The session and its GPU when the buffers belong there; null for the CPU.</param>
    public KvMemory(DecoderGraph graph, TensorElementType type, int slots, int length, (InferenceSession Session, int Device)? device)
    {
        _type = type;
        _slots = slots;
        _heads = graph.KeyValueHeads;
        _tokenBytes = graph.HeadSize * ElementBytes(type);
        _headBytes = (long)length * _tokenBytes;
        _shape = [0, graph.KeyValueHeads, length, graph.HeadSize];
        _buffers = new nint[graph.Layers * 2];
        OnDevice = device is not null;
        _place = device is { } gpu
            ? new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, gpu.Device, OrtMemType.Default)
            : OrtMemoryInfo.DefaultInstance;
        Allocate(device?.Session);
    }

    /// <summary>True when the buffers lie on a GPU, where this process cannot touch them.</summary>
    public bool OnDevice { get; }

    /// <summary>Number of buffers: keys of layer 0, values of layer 0, keys of layer 1, …</summary>
    public int Count => _buffers.Length;

    private long SlotBytes => _heads * _headBytes;

    /// <summary>Bytes that a memory of this size takes.</summary>
    public static long Bytes(DecoderGraph graph, TensorElementType type, int slots, int length) =>
        2L * graph.Layers * slots * graph.KeyValueHeads * length * graph.HeadSize * ElementBytes(type);

    /// <summary>A tensor over some neighbouring slots of one buffer.</summary>
    public OrtValue View(int buffer, int firstSlot, int slots)
    {
        long[] shape = [.. _shape];
        shape[0] = slots;
        return OrtValue.CreateTensorValueWithData(_place, _type, shape, _buffers[buffer] + (nint)(firstSlot * SlotBytes), slots * SlotBytes);
    }

    public void Copy(int from, int to, int tokens) => ForEachHead(from, to, tokens, static (source, target) => source.CopyTo(target));

    public void Swap(int first, int second, int tokens) => ForEachHead(first, second, tokens, Exchange);

    public void Dispose()
    {
        if (!OnDevice)
        {
            foreach (nint buffer in _buffers)
            {
                NativeMemory.AlignedFree((void*)buffer);
            }

            Array.Clear(_buffers);
        }

        for (int i = _device.Count - 1; i >= 0; i--)
        {
            _device[i].Dispose();
        }
    }

    private static int ElementBytes(TensorElementType type) => type == TensorElementType.Float16 ? 2 : 4;

    private void Allocate(InferenceSession? session)
    {
        long bytes = _slots * SlotBytes;
        OrtAllocator? allocator = session is null ? null : new OrtAllocator(session, _place);
        if (allocator is not null)
        {
            _device.Add(_place);
            _device.Add(allocator);
        }

        for (int i = 0; i < _buffers.Length; i++)
        {
            _buffers[i] = allocator is null ? OnHost(bytes) : OnGpu(allocator, bytes);
        }
    }

    private static nint OnHost(long bytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        for (long at = 0; at < bytes; at += Environment.SystemPageSize)
        {
            memory[at] = 0;
        }

        return (nint)memory;
    }

    private nint OnGpu(OrtAllocator allocator, long bytes)
    {
        if (bytes > uint.MaxValue)
        {
            throw new InvalidDataException($"the key-value cache of one layer takes {bytes} bytes, and ONNX Runtime allocates at most {uint.MaxValue} at once; lower batching.slots or limits.contextTokens");
        }

        OrtMemoryAllocation memory = allocator.Allocate((uint)bytes);
        _device.Add(memory);
        return memory.DangerousGetHandle();
    }

    private void ForEachHead(int from, int to, int tokens, SpanPair action)
    {
        if (OnDevice)
        {
            throw new InvalidOperationException("Keys and values on a device cannot be moved.");
        }

        int bytes = checked(tokens * _tokenBytes);
        foreach (nint buffer in _buffers)
        {
            for (int head = 0; head < _heads; head++)
            {
                nint source = buffer + (nint)((from * SlotBytes) + (head * _headBytes));
                nint target = buffer + (nint)((to * SlotBytes) + (head * _headBytes));
                action(new Span<byte>((void*)source, bytes), new Span<byte>((void*)target, bytes));
            }
        }
    }

    private static void Exchange(Span<byte> first, Span<byte> second)
    {
        Span<byte> piece = stackalloc byte[4096];
        while (!first.IsEmpty)
        {
            Span<byte> held = piece[..Math.Min(piece.Length, first.Length)];
            first[..held.Length].CopyTo(held);
            second[..held.Length].CopyTo(first);
            held.CopyTo(second);
            first = first[held.Length..];
            second = second[held.Length..];
        }
    }

    private delegate void SpanPair(Span<byte> source, Span<byte> target);
}
