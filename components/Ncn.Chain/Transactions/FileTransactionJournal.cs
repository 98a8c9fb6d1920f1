using Ncn.Protocol;

namespace Ncn.Chain.Transactions;

/// <summary>A journal in a folder: one line of JSON per record, on the disk before it counts.</summary>
/// <remarks>
/// The file is named after chain and key, and held by a lock file while it is open, so that a second process with the same key and
/// folder is refused. A last line that a crash tore is cut off: its record was never acknowledged. Opening compacts the file, and so does
/// an append to one that has grown beyond a size and to twice what the last compaction left.
/// </remarks>
public sealed class FileTransactionJournal(string directory, int compactAtBytes = FileTransactionJournal.CompactAtBytes) : ITransactionJournal
{
    private const byte LineEnd = (byte)'\n';
    private const int LargestFileBytes = 256 * 1024 * 1024;
    private const int CompactAtBytes = 16 * 1024 * 1024;

    private FileStream? _lock;
    private FileStream? _file;
    private string _path = string.Empty;
    private long _length;
    private long _compacted;

    /// <inheritdoc/>
    /// <exception cref="FormatException">A line before the last one is no record: the file was changed by something else.</exception>
    public async Task<IReadOnlyList<TransactionRecord>> OpenAsync(Address sender, ulong chainId, CancellationToken cancellationToken)
    {
        await DisposeAsync().ConfigureAwait(false);
        _path = Path.Combine(directory, $"{chainId}-{sender}.journal");
        Directory.CreateDirectory(directory);
        _lock = Lock(_path + ".lock", sender);
        return await CompactAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task AppendAsync(TransactionRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var file = _file ?? throw new InvalidOperationException("The journal must be opened first.");
        // What a failed append left behind is overwritten.
        file.SetLength(_length);
        if (_length > compactAtBytes && _length > 2 * _compacted)
        {
            // A file that only grows could one day not be opened any more.
            await CompactAsync(cancellationToken).ConfigureAwait(false);
            file = _file;
        }

        file.Position = _length;
        await file.WriteAsync((byte[])[.. record.ToJson(), LineEnd], cancellationToken).ConfigureAwait(false);
        file.Flush(flushToDisk: true);
        _length = file.Length;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var file in (FileStream?[])[_file, _lock])
        {
            if (file is not null)
            {
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<TransactionRecord>> CompactAsync(CancellationToken cancellationToken)
    {
        if (_file is { } open)
        {
            await open.DisposeAsync().ConfigureAwait(false);
        }

        var content = File.Exists(_path) ? await ReadAsync(_path, cancellationToken).ConfigureAwait(false) : [];
        var records = LedgerRecords.Compact(Parse(_path, content));
        await RewriteAsync(_path, records, cancellationToken).ConfigureAwait(false);
        _file = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.Read, 1);
        _compacted = _length = _file.Length;
        return records;
    }

    private static FileStream Lock(string path, Address sender)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException held)
        {
            throw new JournalInUseException($"Another process sends with the key of {sender}: it holds {path}. End it, or give this one a key of its own.", held);
        }
    }

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken) =>
        new FileInfo(path).Length > LargestFileBytes
            ? throw new FormatException($"{path} is larger than {LargestFileBytes} bytes: it is no journal of transactions.")
            : await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);

    private static List<TransactionRecord> Parse(string path, byte[] content)
    {
        var records = new List<TransactionRecord>();
        var start = 0;
        for (var end = Array.IndexOf(content, LineEnd); end >= 0; start = end + 1, end = Array.IndexOf(content, LineEnd, start))
        {
            try
            {
                records.Add(TransactionRecord.Parse(content.AsSpan(start, end - start)));
            }
            catch (FormatException) when (Array.IndexOf(content, LineEnd, end + 1) < 0)
            {
                break;
            }
            catch (FormatException malformed)
            {
                throw new FormatException($"Line {records.Count + 1} of {path} is damaged. Restore the file; without it a payment could be sent twice.", malformed);
            }
        }

        return records;
    }

    private static async Task RewriteAsync(string path, IEnumerable<TransactionRecord> records, CancellationToken cancellationToken)
    {
        var partial = path + ".partial";
        await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            foreach (var record in records)
            {
                await file.WriteAsync((byte[])[.. record.ToJson(), LineEnd], cancellationToken).ConfigureAwait(false);
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }
}
