namespace Ncn.Validator.Durable;

/// <summary>
/// What the signing guard and the row log ask of a disk, step by step: nothing is durable before its <c>Sync</c>, and no new or renamed file
/// before the sync of its folder. The tests' twin loses what was not synced.
/// </summary>
internal interface IDisk
{
    /// <summary>Holds a lock file until it is disposed.</summary>
    /// <exception cref="IOException">Another process, or this one, holds it.</exception>
    IDisposable Lock(string path);

    /// <summary>A file's content; null when it does not exist.</summary>
    byte[]? Read(string path);

    /// <summary>Names of the files in a folder; none when it does not exist.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Opens a file for writing; an existing one keeps its content.</summary>
    IDiskFile Open(string path);

    /// <summary>Puts a file in the place of another.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file, if there is one.</summary>
    void Delete(string path);

    /// <summary>Makes what was created, renamed or removed in a folder durable.</summary>
    void SyncFolder(string folder);
}

/// <summary>A file that is open for writing.</summary>
internal interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <summary>Gives what is there, which is less than asked for where the file ends.</summary>
    int Read(long offset, Span<byte> bytes);

    void Write(long offset, ReadOnlySpan<byte> bytes);

    void SetLength(long length);

    /// <summary>Returns when all that was written is on the disk.</summary>
    void Sync();
}
