using System.Collections.Immutable;
using System.Text.Json;
using Ncn.Coordination.Receipts;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Receipts;

/// <summary>A closed period: its list, and where each receipt of it is kept.</summary>
internal sealed record ClosedPeriod(ReceiptManifest Manifest, ImmutableArray<ReceiptRow> Rows);

/// <summary>Reads what is kept of receipts. The last few lists are in memory; a list never changes.</summary>
public sealed class ReceiptArchive(IObjectStore store)
{
    private const int MostInMemory = 4;
    private readonly Lock _turn = new();
    private readonly LinkedList<ClosedPeriod> _closed = [];

    /// <summary>A period's list; null while it is not closed, and once it is removed.</summary>
    internal async Task<ClosedPeriod?> FindAsync(ulong period, CancellationToken cancellationToken)
    {
        if (Recall(period) is { } known)
        {
            return known;
        }

        if (await ReadWholeAsync(ReceiptNames.List(period), cancellationToken) is not { } json)
        {
            return null;
        }

        var manifest = JsonSerializer.Deserialize<ReceiptManifest>(json, ProtocolJson.Options) ?? throw new InvalidDataException($"The list of period {period} is empty.");
        if (await ReadWholeAsync(manifest.Leaves, cancellationToken) is not { } leaves)
        {
            return null;
        }

        var found = new ClosedPeriod(manifest, ReceiptRow.ReadAll(leaves));
        Remember(found);
        return found;
    }

    /// <summary>A receipt of a list with its evidence; null when it was removed meanwhile.</summary>
    internal async Task<ReceiptEvidence?> EvidenceAsync(ClosedPeriod closed, uint index, CancellationToken cancellationToken)
    {
        var row = closed.Rows[(int)index];
        var name = closed.Manifest.Segments[row.Segment].Name + ReceiptNames.Log;
        return await store.ReadAsync(name, (long)row.Offset, (int)row.Length, cancellationToken) is { } bytes
            ? AcceptedReceipt.Evidence(index, StoredReceipt.Parser.ParseFrom(bytes)) : null;
    }

    /// <summary>The whole of an object; null when there is none.</summary>
    internal async Task<byte[]?> ReadWholeAsync(string name, CancellationToken cancellationToken)
    {
        if (await store.OpenAsync(name, cancellationToken) is not { } content)
        {
            return null;
        }

        await using (content)
        {
            using var whole = new MemoryStream();
            await content.CopyToAsync(whole, cancellationToken);
            return whole.ToArray();
        }
    }

    internal void Forget(ulong period)
    {
        lock (_turn)
        {
            if (_closed.FirstOrDefault(closed => closed.Manifest.Period == period) is { } gone)
            {
                _closed.Remove(gone);
            }
        }
    }

    private ClosedPeriod? Recall(ulong period)
    {
        lock (_turn)
        {
            return _closed.FirstOrDefault(closed => closed.Manifest.Period == period);
        }
    }

    private void Remember(ClosedPeriod found)
    {
        lock (_turn)
        {
            _closed.AddFirst(found);
            while (_closed.Count > MostInMemory)
            {
                _closed.RemoveLast();
            }
        }
    }
}
