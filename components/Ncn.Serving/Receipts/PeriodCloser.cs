using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Consensus;
using Ncn.Coordination.Receipts;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Storage;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Receipts;

/// <summary>Closes periods: fixes each list's order, and has its root committed to the validators' ledger.</summary>
/// <remarks>
/// 1. after a period's end and the grace, all segments of it and what came late for the one before are read; 2. the list's rows are written;
/// 3. the manifest is, with the signed commitment in it: of several processes the first wins; 4. the commitment goes to the validators until they have
/// taken it, and a mark says so. Each step is found undone after a crash: all periods are looked at when a life begins and every ten minutes, the new
/// ones when they end. Whole periods beyond the window are removed then, too.
/// </remarks>
public sealed class PeriodCloser(
    IObjectStore store, ReceiptBook book, ReceiptArchive archive, LedgerDesk ledger, GatewayIdentity identity, GatewayLife life, IOptions<ReceiptOptions> options,
    TimeProvider time, ILogger<PeriodCloser> log)
{
    private const ulong MostPeriodsAtOnce = 32;
    private static readonly TimeSpan SweepAgain = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PostAgain = TimeSpan.FromSeconds(5);
    private static readonly Dictionary<string, string> NoTags = [];
    private readonly SortedDictionary<ulong, ReceiptManifest> _unposted = [];
    private ulong _closeAt;
    private ulong _closed;
    private DateTimeOffset _sweepAt = DateTimeOffset.MinValue;
    private DateTimeOffset _postAt;

    /// <summary>One round; called every second.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        if (!book.IsKept)
        {
            return;
        }

        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        if (now >= _closeAt)
        {
            await CloseAsync(now, cancellationToken);
            _closeAt = NextClose(now);
            _postAt = default;
        }

        if (_unposted.Count > 0 && time.GetUtcNow() >= _postAt)
        {
            await PostAsync(cancellationToken);
            _postAt = time.GetUtcNow() + PostAgain;
        }
    }

    // When the newest period whose end is not yet past its grace may be closed.
    private ulong NextClose(ulong now)
    {
        var (length, grace) = (options.Value.Length, options.Value.Grace);
        return ReceiptPeriods.ClosesAt(ReceiptPeriods.Of(now < grace ? 0 : now - grace, length), length, grace);
    }

    private async Task CloseAsync(ulong now, CancellationToken cancellationToken)
    {
        var newest = ReceiptPeriods.Of(now - Math.Min(now, options.Value.Grace), options.Value.Length) - 1;
        var isSweep = time.GetUtcNow() >= _sweepAt || newest - Math.Min(newest, _closed) > MostPeriodsAtOnce;
        var kept = new SortedDictionary<ulong, List<ObjectInfo>>();
        if (isSweep)
        {
            await ListAsync(ReceiptNames.Folder, kept, cancellationToken);
        }

        for (var period = _closed; !isSweep && period <= newest; period++)
        {
            await ListAsync(ReceiptNames.FolderOf(period), kept, cancellationToken);
        }

        foreach (var (period, names) in kept)
        {
            await (period <= newest ? LookAfterAsync(period, names, kept.GetValueOrDefault(period - 1) ?? [], cancellationToken) : Task.CompletedTask);
        }

        _closed = newest;
        await (isSweep ? RemoveAsync(kept, now, cancellationToken) : Task.CompletedTask);
    }

    private async Task ListAsync(string prefix, SortedDictionary<ulong, List<ObjectInfo>> kept, CancellationToken cancellationToken)
    {
        await foreach (var found in store.ListAsync(prefix, cancellationToken))
        {
            if (ReceiptNames.PeriodOf(found.Name) is { } period)
            {
                (kept.TryGetValue(period, out var names) ? names : kept[period] = []).Add(found);
            }
        }
    }

    private async Task LookAfterAsync(ulong period, List<ObjectInfo> names, List<ObjectInfo> late, CancellationToken cancellationToken)
    {
        if (_unposted.ContainsKey(period) || names.Exists(name => name.Name == ReceiptNames.Posted(period)))
        {
            return;
        }

        if (!names.Exists(name => name.Name == ReceiptNames.List(period)))
        {
            await WriteAsync(period, names, late, cancellationToken);
        }

        if ((await archive.FindAsync(period, cancellationToken))?.Manifest is { } manifest)
        {
            await (manifest.Operation is null ? MarkAsync(period, cancellationToken) : Task.CompletedTask);
            _ = manifest.Operation is not null && _unposted.TryAdd(period, manifest);
        }
    }

    private async Task WriteAsync(ulong period, List<ObjectInfo> names, List<ObjectInfo> late, CancellationToken cancellationToken)
    {
        var before = period == 0 ? null : await archive.FindAsync(period - 1, cancellationToken);
        var earlier = (before?.Rows ?? []).Select(static row => row.Leaf.Digest).ToHashSet();
        var (rows, uses) = await GatherAsync(names, late, before?.Manifest, cancellationToken);
        var list = ReceiptPeriods.List(rows, earlier);
        ReceiptLeaf[] leaves = [.. list.Select(static row => row.Leaf)];
        var (root, total) = (ReceiptList.Root(leaves), ReceiptList.Total(leaves));
        var commit = leaves.Length == 0 ? null : ledger.Sign(new Operation.CommitReceipts(identity.Address, period, root, (uint)leaves.Length, total));
        var manifest = new ReceiptManifest(
            period, root, (uint)leaves.Length, total, ReceiptNames.Leaves(period, life.Holder), uses, commit?.Message, commit?.Signature ?? default);
        using var content = new MemoryStream(ReceiptRow.WriteAll(list), writable: false);
        await store.WriteAsync(manifest.Leaves, content, NoTags, cancellationToken);
        if (await store.TryWriteAsync(ReceiptNames.List(period), JsonSerializer.SerializeToUtf8Bytes(manifest, ProtocolJson.Options), null, cancellationToken))
        {
            log.LogInformation("Period {Period} is closed with {Count} receipts over {Total} units", period, manifest.Count, total);
        }
    }

    // The period's own segments from their beginning, and those of the one before from where its list ended.
    private async Task<(List<ReceiptRow> Rows, List<SegmentUse> Uses)> GatherAsync(
        List<ObjectInfo> names, List<ObjectInfo> late, ReceiptManifest? before, CancellationToken cancellationToken)
    {
        var (rows, uses) = (new List<ReceiptRow>(), new List<SegmentUse>());
        var used = before?.Segments.ToDictionary(static use => use.Name, static use => use.Rows, StringComparer.Ordinal) ?? [];
        var segments = names.Concat(late).Select(static name => name.Name).Where(static name => name.EndsWith(ReceiptNames.Rows, StringComparison.Ordinal));
        foreach (var name in segments.Select(static name => name[..^ReceiptNames.Rows.Length]).Order(StringComparer.Ordinal).Take(ushort.MaxValue))
        {
            var all = ReceiptRow.ReadAll(await archive.ReadWholeAsync(name + ReceiptNames.Rows, cancellationToken) ?? []);
            rows.AddRange(all.Skip((int)used.GetValueOrDefault(name)).Select(row => row with { Segment = (ushort)uses.Count }));
            uses.Add(new SegmentUse(name, (uint)all.Length));
        }

        return (rows, uses);
    }

    private async Task PostAsync(CancellationToken cancellationToken)
    {
        foreach (var (period, manifest) in _unposted.ToArray())
        {
            if (!await ledger.PostAsync(new Signed<LedgerOperation>(manifest.Operation!, manifest.Signature), cancellationToken))
            {
                return;
            }

            await MarkAsync(period, cancellationToken);
            _unposted.Remove(period);
        }
    }

    private Task MarkAsync(ulong period, CancellationToken cancellationToken) =>
        store.WriteAsync(ReceiptNames.Posted(period), Stream.Null, NoTags, cancellationToken);

    private async Task RemoveAsync(SortedDictionary<ulong, List<ObjectInfo>> kept, ulong now, CancellationToken cancellationToken)
    {
        var window = TimeSpan.FromMilliseconds((double)options.Value.Length * options.Value.KeptPeriods);
        _sweepAt = time.GetUtcNow() + (window / 4 < SweepAgain ? window / 4 : SweepAgain);
        var sizes = kept.Select(static period => new KeptPeriod(period.Key, (ulong)period.Value.Sum(static found => found.Length)));
        var current = ReceiptPeriods.Of(now, options.Value.Length);
        foreach (var period in ReceiptPeriods.Outdated(sizes, current, (ulong)options.Value.KeptPeriods, (ulong)options.Value.KeptBytes))
        {
            // The list goes last: what is half removed is removed again, and not closed anew.
            foreach (var found in kept[period].OrderBy(found => found.Name == ReceiptNames.List(period)))
            {
                await store.DeleteAsync(found.Name, cancellationToken);
            }

            archive.Forget(period);
            _unposted.Remove(period);
        }
    }
}
