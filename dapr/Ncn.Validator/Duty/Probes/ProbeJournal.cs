using System.Text.Json;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.Duty.Probes;

/// <summary>Keeps the books of probes in a file that is replaced whole: a probe is in it before it is sent, and a purse is spent before the ledger shows it. Safe for concurrent use.</summary>
internal sealed class ProbeJournal
{
    private readonly IDisk _disk;
    private readonly string _path;
    private readonly Lock _lock = new();
    private ProbeBooks _books;

    internal ProbeJournal(IDisk disk, string path)
    {
        (_disk, _path) = (disk, path);
        using var file = FrameFile.Open(disk, path, out var frames);
        _books = frames.Count > 0 ? JsonSerializer.Deserialize<ProbeBooks>(frames[^1].Span, ProtocolJson.Options)! : ProbeBooks.Empty;
    }

    internal ProbeBooks Books => Volatile.Read(ref _books);

    /// <summary>False, and nothing is written, for null.</summary>
    internal bool Change(Func<ProbeBooks, ProbeBooks?> change)
    {
        lock (_lock)
        {
            if (change(_books) is not { } next)
            {
                return false;
            }

            if (!ReferenceEquals(next, _books))
            {
                FrameFile.Create(_disk, _path, [JsonSerializer.SerializeToUtf8Bytes(next, ProtocolJson.Options)]).Dispose();
                Volatile.Write(ref _books, next);
            }

            return true;
        }
    }
}
