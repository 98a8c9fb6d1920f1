using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Receipts;

/// <summary>Where a receipt that a gateway accepted is kept.</summary>
/// <param name="Segment">The number of the period's segment that it is in, in the order of their names.</param>
/// <param name="Offset">Where it begins in the segment, bytes.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct ReceiptRow(ReceiptLeaf Leaf, ushort Segment, ulong Offset, uint Length)
{
    /// <summary>Bytes of a written row.</summary>
    public const int Size = Address.Size + Hash32.Size + 16 + 8 + 4 + 2;

    /// <summary>The row in its one form: node, digest, price, offset, length and segment, numbers big-endian.</summary>
    public void Write(Span<byte> bytes)
    {
        Leaf.Node.CopyTo(bytes);
        Leaf.Digest.CopyTo(bytes[20..]);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[52..], Leaf.Price.Units);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[68..], Offset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[76..], Length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[80..], Segment);
    }

    /// <summary>All rows, one after the other.</summary>
    public static byte[] WriteAll(IReadOnlyList<ReceiptRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var bytes = new byte[rows.Count * Size];
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].Write(bytes.AsSpan(i * Size));
        }

        return bytes;
    }

    /// <summary>The whole rows of what was written; one that was cut off at the end is none.</summary>
    public static ImmutableArray<ReceiptRow> ReadAll(ReadOnlySpan<byte> bytes)
    {
        var rows = ImmutableArray.CreateBuilder<ReceiptRow>(bytes.Length / Size);
        for (; bytes.Length >= Size; bytes = bytes[Size..])
        {
            rows.Add(new ReceiptRow(
                new ReceiptLeaf(new Address(bytes[..20]), new Hash32(bytes[20..52]), new TokenAmount(BinaryPrimitives.ReadUInt128BigEndian(bytes[52..]))),
                BinaryPrimitives.ReadUInt16BigEndian(bytes[80..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[68..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[76..])));
        }

        return rows.ToImmutable();
    }
}
