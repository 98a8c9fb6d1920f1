using System.Buffers;
using System.Collections;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>
/// The outputs of one request, in memory that is used again: dispose of it when the tensors are read, and keep none of their data
/// afterwards. Whoever forgets to only makes the next request allocate.
/// </summary>
public sealed class TensorAnswer : IReadOnlyList<TensorValue>, IDisposable
{
    /// <summary>Outputs begin at multiples of this, so that they can be read as numbers of any type.</summary>
    private const int Alignment = 16;

    private readonly TensorValue[] _outputs;
    private byte[]? _memory;

    private TensorAnswer(TensorValue[] outputs, byte[] memory) => (_outputs, _memory) = (outputs, memory);

    /// <summary>Number of outputs.</summary>
    public int Count => _outputs.Length;

    /// <exception cref="ObjectDisposedException">The memory belongs to somebody else by now.</exception>
    public TensorValue this[int index]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _outputs[index];
        }
    }

    /// <summary>Copies rows of a run's outputs.</summary>
    /// <param name="outputs">The outputs of all requests in the run.</param>
    /// <param name="first">The request's first row.</param>
    /// <param name="rows">Its rows; <see cref="OutputView.All"/> takes each output whole.</param>
    internal static TensorAnswer Copy(ReadOnlySpan<OutputView> outputs, int first, int rows)
    {
        int size = 0;
        foreach (ref readonly OutputView output in outputs)
        {
            size = Aligned(size + output.Size(first, rows));
        }

        byte[] memory = ArrayPool<byte>.Shared.Rent(size);
        var values = new TensorValue[outputs.Length];
        int at = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            int length = outputs[i].CopyTo(memory.AsSpan(at), first, rows);
            values[i] = new TensorValue(outputs[i].Name, outputs[i].Datatype, outputs[i].Shape(rows), memory.AsMemory(at, length));
            at = Aligned(at + length);
        }

        return new TensorAnswer(values, memory);
    }

    public IEnumerator<TensorValue> GetEnumerator()
    {
        ObjectDisposedException.ThrowIf(_memory is null, this);
        return ((IEnumerable<TensorValue>)_outputs).GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _memory, null) is { } memory)
        {
            ArrayPool<byte>.Shared.Return(memory);
        }
    }

    private static int Aligned(int size) => checked(size + Alignment - 1) & -Alignment;
}
