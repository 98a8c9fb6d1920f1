using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Validator.Durable;

/// <summary>One record in a file that is replaced whole; durable when a change returns. Safe for concurrent use.</summary>
internal sealed class KeptRecord<T>
    where T : class
{
    private readonly IDisk _disk;
    private readonly string _path;
    private readonly Lock _lock = new();
    private T _value;

    /// <param name="empty">While there is no file.</param>
    /// <exception cref="DamagedFileException">The file is not what was written.</exception>
    internal KeptRecord(IDisk disk, string path, T empty)
    {
        (_disk, _path) = (disk, path);
        using var file = FrameFile.Open(disk, path, out var frames);
        _value = frames.Count > 0 ? JsonSerializer.Deserialize<T>(frames[^1].Span, ProtocolJson.Options)! : empty;
    }

    internal T Value => Volatile.Read(ref _value);

    /// <summary>False, and nothing is written, for null; nothing is written for the same record either.</summary>
    internal bool Change(Func<T, T?> change)
    {
        lock (_lock)
        {
            if (change(_value) is not { } next)
            {
                return false;
            }

            if (!ReferenceEquals(next, _value))
            {
                FrameFile.Create(_disk, _path, [JsonSerializer.SerializeToUtf8Bytes(next, ProtocolJson.Options)]).Dispose();
                Volatile.Write(ref _value, next);
            }

            return true;
        }
    }
}
