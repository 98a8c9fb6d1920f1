using System.Globalization;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Evidence;

/// <summary>How much is kept, and how long.</summary>
/// <param name="MaxBytes">Most bytes of all files together.</param>
/// <param name="Kept">How long at most.</param>
internal sealed record EvidenceLimits(long MaxBytes, TimeSpan Kept);

/// <summary>What this node answered with, a file for each receipt, in folders that are removed whole, the oldest first. Safe for concurrent use.</summary>
/// <remarks>A crash can lose or tear the files of the last moments: a torn one is not read (its content has its own signatures), and nothing depends on it.</remarks>
internal sealed class EvidenceFiles
{
    private const int Folders = 16;
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly Lock _turn = new();
    private readonly string _path;
    private readonly EvidenceLimits _limits;
    private readonly TimeProvider _time;
    private readonly SortedDictionary<long, long> _bytes = [];

    public EvidenceFiles(string path, EvidenceLimits limits, TimeProvider time)
    {
        (_path, _limits, _time) = (path, limits, time);
        Make(path);
        foreach (DirectoryInfo folder in new DirectoryInfo(path).EnumerateDirectories())
        {
            if (long.TryParse(folder.Name, NumberStyles.None, CultureInfo.InvariantCulture, out long begun))
            {
                _bytes[begun] = folder.EnumerateFiles().Sum(static file => file.Length);
            }
        }
    }

    /// <summary>Keeps it, unless it is longer than a folder, and removes what is too old or too much.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Keep(Hash32 receipt, ReadOnlySpan<byte> evidence)
    {
        lock (_turn)
        {
            long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (evidence.Length > _limits.MaxBytes / Folders)
            {
                return; // before anything makes room for it
            }

            Remove(now, evidence.Length);
            long folder = FolderFor(now, evidence.Length);
            File.WriteAllBytes(FileOf(folder, receipt), evidence);
            _bytes[folder] += evidence.Length;
        }
    }

    /// <summary>What was kept; null for nothing.</summary>
    public byte[]? Find(Hash32 receipt)
    {
        lock (_turn)
        {
            Remove(_time.GetUtcNow().ToUnixTimeMilliseconds(), 0);
            string? file = _bytes.Keys.Reverse().Select(folder => FileOf(folder, receipt)).FirstOrDefault(File.Exists);
            return file is null ? null : File.ReadAllBytes(file);
        }
    }

    // A folder takes a sixteenth of the bytes or of the time.
    private long FolderFor(long now, int length)
    {
        if (_bytes.Count > 0 && _bytes.Last() is var newest && newest.Value + length <= _limits.MaxBytes / Folders && now - newest.Key < _limits.Kept.TotalMilliseconds / Folders)
        {
            return newest.Key;
        }

        long begun = _bytes.Count == 0 ? now : Math.Max(now, _bytes.Last().Key + 1);
        Make(FolderOf(begun));
        _bytes[begun] = 0;
        return begun;
    }

    private void Remove(long now, int room)
    {
        while (_bytes.Count > 0 && (_bytes.Values.Sum() + room > _limits.MaxBytes || now - _bytes.First().Key > _limits.Kept.TotalMilliseconds))
        {
            long oldest = _bytes.First().Key;
            Directory.Delete(FolderOf(oldest), recursive: true);
            _bytes.Remove(oldest);
        }
    }

    private string FolderOf(long begun) => Path.Combine(_path, begun.ToString(CultureInfo.InvariantCulture));

    private string FileOf(long begun, Hash32 receipt) => Path.Combine(FolderOf(begun), receipt.ToString());

    private static void Make(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerAlone);
        }
    }
}
