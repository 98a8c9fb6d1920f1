using System.Buffers.Binary;

namespace Ncn.Protocol;

/// <summary>A tensor with its content, as the Open Inference Protocol carries it in raw form.</summary>
/// <param name="Name">The input's or output's name in the model.</param>
/// <param name="Datatype">Type of its elements.</param>
/// <param name="Shape">Sizes of its dimensions; none for a scalar.</param>
/// <param name="Data">
/// Elements in row-major order, little-endian. BOOL: one byte, 0 or 1. BYTES: for each element its length as four bytes,
/// then its bytes.
/// </param>
public sealed record TensorValue(string Name, TensorDatatype Datatype, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>Rows that a request is priced by: the first dimension, or 1 for a scalar.</summary>
    public long Rows => Shape.Count == 0 ? 1 : Shape[0];

    /// <summary>Number of elements by the shape; null when a dimension is negative or the product is beyond any memory.</summary>
    public long? ElementCount()
    {
        UInt128 count = 1;
        for (int i = 0; i < Shape.Count; i++)
        {
            if (Shape[i] < 0)
            {
                return null;
            }

            count *= (ulong)Shape[i];
            if (count > int.MaxValue)
            {
                return null;
            }
        }

        return (long)count;
    }

    /// <summary>How many elements a BYTES tensor holds; null when the lengths do not fit the data.</summary>
    public int? CountByteElements()
    {
        int count = 0;
        for (ReadOnlySpan<byte> rest = Data.Span; !rest.IsEmpty; count++)
        {
            if (rest.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(rest) > (uint)(rest.Length - 4))
            {
                return null;
            }

            rest = rest[(4 + BinaryPrimitives.ReadInt32LittleEndian(rest))..];
        }

        return count;
    }

    /// <summary>The elements of a BYTES tensor; null when the lengths do not fit the data.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? ByteElements()
    {
        if (CountByteElements() is not { } count)
        {
            return null;
        }

        var elements = new List<ReadOnlyMemory<byte>>(count);
        for (ReadOnlyMemory<byte> rest = Data; !rest.IsEmpty;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            elements.Add(rest.Slice(4, length));
            rest = rest[(4 + length)..];
        }

        return elements;
    }

    /// <summary>The raw form of BYTES elements.</summary>
    public static byte[] FromByteElements(IReadOnlyCollection<byte[]> elements)
    {
        var raw = new byte[elements.Sum(element => 4 + element.Length)];
        int at = 0;
        foreach (byte[] element in elements)
        {
            BinaryPrimitives.WriteInt32LittleEndian(raw.AsSpan(at), element.Length);
            element.CopyTo(raw, at + 4);
            at += 4 + element.Length;
        }

        return raw;
    }

    /// <summary>Walks over the elements of a BYTES tensor whose lengths were checked, without an allocation.</summary>
    public ByteElementWalk EnumerateBytes() => new(Data.Span);
}

/// <summary>The elements of a BYTES tensor, one after the other.</summary>
public ref struct ByteElementWalk
{
    private ReadOnlySpan<byte> _rest;

    internal ByteElementWalk(ReadOnlySpan<byte> data) => _rest = data;

    /// <summary>The element's bytes, without their length.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly ByteElementWalk GetEnumerator() => this;

    /// <exception cref="ArgumentOutOfRangeException">The lengths do not fit the data.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        Current = _rest.Slice(4, length);
        _rest = _rest[(4 + length)..];
        return true;
    }
}
