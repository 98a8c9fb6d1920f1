using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ncn.Validator.Durable;

/// <summary>The machine's disk. Files are readable by their owner alone.</summary>
internal sealed partial class LocalDisk : IDisk
{
    private const int ReadOnlyAndClosedOnExec = 0x80000; // O_RDONLY | O_CLOEXEC of Linux

    private LocalDisk()
    {
    }

    internal static LocalDisk Instance { get; } = new();

    public IDisposable Lock(string path) => new FileStream(path, OptionsOf(FileMode.OpenOrCreate, FileShare.None));

    public byte[]? Read(string path) => File.Exists(path) ? File.ReadAllBytes(path) : null;

    public IReadOnlyList<string> List(string folder) => Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(static path => Path.GetFileName(path))] : [];

    public IDiskFile Open(string path)
    {
        if (!File.Exists(path))
        {
            new FileStream(path, OptionsOf(FileMode.CreateNew, FileShare.None)).Dispose();
        }

        return new OpenFile(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read));
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    /// <summary>A renamed file can come back under its old name after a power failure until this is done; Windows has no such call and needs none.</summary>
    public void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = OpenFolder(folder, ReadOnlyAndClosedOnExec);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (descriptor < 0 || Fsync(handle) != 0)
        {
            throw new IOException($"The folder {folder} cannot be synced: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}.");
        }
    }

    private static FileStreamOptions OptionsOf(FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FsyncData(SafeFileHandle file);

    private sealed class OpenFile(SafeFileHandle handle) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(long offset, Span<byte> bytes) => RandomAccess.Read(handle, bytes, offset);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(handle, bytes, offset);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        // Data and length: times of change are not waited for.
        public void Sync()
        {
            if (OperatingSystem.IsWindows())
            {
                RandomAccess.FlushToDisk(handle);
            }
            else if (FsyncData(handle) != 0)
            {
                throw new IOException($"A write did not reach the disk: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}. What was written may be lost, so the validator stops.");
            }
        }

        public void Dispose() => handle.Dispose();
    }
}
