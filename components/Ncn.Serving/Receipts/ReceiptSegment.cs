using System.Buffers;
using Google.Protobuf;
using Ncn.Coordination.Receipts;
using Ncn.Protocol;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Receipts;

/// <summary>
/// What one process writes of a period: the receipts, and beside them a row for each that says where it is. A row is written after its receipt,
/// so what has a row is whole. A segment of which a write failed is not written again: nobody knows what arrived.
/// </summary>
internal sealed class ReceiptSegment(IObjectStore store, string name)
{
    // An append blob takes 50,000 blocks.
    private const int MostWrites = 10_000;
    private const int MostBytesAtOnce = 4 * 1024 * 1024;

    private ulong _length;
    private int _writes;

    internal string Name => name;

    internal bool IsFull => _writes >= MostWrites;

    internal async Task WriteAsync(IReadOnlyList<AcceptedReceipt> receipts, CancellationToken cancellationToken)
    {
        var log = new ArrayBufferWriter<byte>();
        var rows = new ReceiptRow[receipts.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            var begin = log.WrittenCount;
            receipts[i].ToStored().WriteTo(log);
            rows[i] = new ReceiptRow(ReceiptLeaf.Of(receipts[i].Receipt), 0, _length + (ulong)begin, (uint)(log.WrittenCount - begin));
        }

        await AppendAsync(name + ReceiptNames.Log, log.WrittenMemory, cancellationToken);
        await AppendAsync(name + ReceiptNames.Rows, ReceiptRow.WriteAll(rows), cancellationToken);
        _length += (ulong)log.WrittenCount;
    }

    private async Task AppendAsync(string blob, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        for (; !content.IsEmpty; content = content[Math.Min(MostBytesAtOnce, content.Length)..])
        {
            await store.AppendAsync(blob, content[..Math.Min(MostBytesAtOnce, content.Length)], cancellationToken);
            _writes++;
        }
    }
}
