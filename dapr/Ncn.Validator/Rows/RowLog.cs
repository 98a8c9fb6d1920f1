using System.Globalization;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.Rows;

/// <summary>
/// A validator's durable rows (section 2.4). A part begins with a file <c>state-N</c>, written whole, with an epoch, the ledger at a final
/// block and the rows around it; what follows is appended to <c>rows-N</c>, one sync for each batch.
/// </summary>
/// <remarks>
/// A new part begins with each epoch, and when the present one has grown. Its rows file is there first; its state file may be written beside
/// the work, since rows files without one belong to the part before. When it is there, older parts are removed.
/// </remarks>
internal sealed class RowLog : IDisposable
{
    private const int EntriesOfRecord = 4_096;
    private const byte Version = 1;
    private const string StateName = "state-";
    private const string RowsName = "rows-";

    private static readonly ReadOnlyMemory<byte> VersionFrame = new byte[] { Version };

    private readonly IDisk _disk;
    private readonly string _folder;
    private FrameFile _rows;
    private ulong _part;
    private ulong _oldest;

    private RowLog(IDisk disk, string folder, FrameFile rows, ulong part, ulong oldest) => (_disk, _folder, _rows, _part, _oldest) = (disk, folder, rows, part, oldest);

    /// <summary>Bytes of the present part's rows.</summary>
    internal long Length => _rows.Length;

    /// <summary>What is there; null for an empty folder.</summary>
    /// <exception cref="DamagedFileException">A file is not what was written.</exception>
    internal static (RowLog Log, LogContent Content)? Open(IDisk disk, string folder, Hash32 network)
    {
        var parts = PartsOf(disk, folder);
        if (parts.Length == 0)
        {
            return null;
        }

        var part = parts[^1];
        var reading = new LogReading(network);
        Read(disk, PathOf(folder, "state", part), reading)?.Dispose();
        FrameFile? last = null;
        for (var next = part; Read(disk, PathOf(folder, "rows", next), reading) is { } file; next++)
        {
            last?.Dispose();
            (last, part) = (file, next);
        }

        last ??= FrameFile.Create(disk, PathOf(folder, "rows", part), VersionFrame);
        return (new RowLog(disk, folder, last, part, parts[0]), reading.Content());
    }

    /// <summary>A log in a folder without one. Rows whose state is gone are removed: they belong to nothing.</summary>
    internal static RowLog Create(IDisk disk, string folder, LogContent content)
    {
        foreach (var stray in disk.List(folder).Where(static name => name.StartsWith(RowsName, StringComparison.Ordinal)))
        {
            disk.Delete(Path.Combine(folder, stray));
        }

        WriteState(disk, PathOf(folder, "state", 0), content);
        return new RowLog(disk, folder, FrameFile.Create(disk, PathOf(folder, "rows", 0), VersionFrame), 0, 0);
    }

    /// <summary>Rows of a batch; durable when this returns.</summary>
    internal void Append(IEnumerable<DurableRow> rows, Hash32 network)
    {
        var writer = new CanonicalWriter();
        foreach (var row in rows)
        {
            writer.Record(LogRecords.Row, RowForm.Write(row, network));
        }

        _rows.Append(writer.Written);
    }

    /// <summary>Remembers that the guard was taken into use for this time.</summary>
    internal void Append(Address key, ulong incarnation) => _rows.Append(new CanonicalWriter().Record(key, incarnation).Written);

    /// <summary>The first half of a new part: rows go there from now on. The returned second half may run beside the work.</summary>
    internal Action BeginPart(LogContent content)
    {
        var rows = FrameFile.Create(_disk, PathOf(_folder, "rows", _part + 1), VersionFrame);
        _rows.Dispose();
        (_rows, _part) = (rows, _part + 1);
        var (part, oldest) = (_part, _oldest);
        return () =>
        {
            WriteState(_disk, PathOf(_folder, "state", part), content);
            for (var old = oldest; old < part; old++)
            {
                _disk.Delete(PathOf(_folder, "state", old));
                _disk.Delete(PathOf(_folder, "rows", old));
            }

            _disk.SyncFolder(_folder);
            _oldest = part;
        };
    }

    public void Dispose() => _rows.Dispose();

    private static FrameFile? Read(IDisk disk, string path, LogReading reading)
    {
        var file = FrameFile.Open(disk, path, out var frames);
        try
        {
            RequireVersion(file, frames);
            foreach (var frame in frames.Skip(1))
            {
                reading.Take(frame.Span);
            }

            return file;
        }
        catch (Exception damage) when (damage is FormatException or ArgumentException)
        {
            file?.Dispose();
            throw new DamagedFileException($"{path} cannot be read: {damage.Message}. Move the folder away and start again: the validator takes the ledger from the others, its signing guard stays as it is.");
        }
    }

    // Nothing of another version is read: what it means there is not known here.
    private static void RequireVersion(FrameFile? file, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        if (file is not null && (frames.Count == 0 || frames[0].Span is not [Version]))
        {
            throw new FormatException(frames.Count > 0 && frames[0].Span is [var other]
                ? $"it is of version {other} of its form, and this program reads version {Version}; the program that wrote it reads it" : "it does not begin with its version");
        }
    }

    private static void WriteState(IDisk disk, string path, LogContent content)
    {
        var frames = new List<ReadOnlyMemory<byte>>
        {
            VersionFrame,
            new CanonicalWriter().Record(content.Epoch).Record(content.At).Record(content.Key, content.Incarnation).Written.ToArray(),
        };
        foreach (var (epoch, ended) in content.Earlier)
        {
            frames.Add(new CanonicalWriter().Record(epoch, ended.Set).Record(LogRecords.Row, RowForm.Write(new DurableRow.OfEpoch(ended.Proof), content.Epoch.Network)).Written.ToArray());
        }

        frames.AddRange(EntriesOf(LogRecords.MainEntries, content.Ledger.Main));
        frames.AddRange(EntriesOf(LogRecords.ReceiptEntries, content.Ledger.Receipts));
        frames.Add(new CanonicalWriter().Record(LogRecords.Kept, content.Kept()).Written.ToArray());
        frames.AddRange(content.Rows.Select(row => (ReadOnlyMemory<byte>)new CanonicalWriter().Record(LogRecords.Row, RowForm.Write(row, content.Epoch.Network)).Written.ToArray()));
        FrameFile.Create(disk, path, frames).Dispose();
    }

    private static IEnumerable<ReadOnlyMemory<byte>> EntriesOf(byte tag, StateTrie trie) =>
        trie.Entries.Chunk(EntriesOfRecord).Select(chunk => (ReadOnlyMemory<byte>)new CanonicalWriter().Record(tag, chunk).Written.ToArray());

    private static ulong[] PartsOf(IDisk disk, string folder) =>
    [
        .. disk.List(folder).Where(static name => name.StartsWith(StateName, StringComparison.Ordinal) && ulong.TryParse(name.AsSpan(StateName.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(static name => ulong.Parse(name.AsSpan(StateName.Length), NumberStyles.None, CultureInfo.InvariantCulture)).Order(),
    ];

    private static string PathOf(string folder, string name, ulong part) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}-{part:D8}"));
}
