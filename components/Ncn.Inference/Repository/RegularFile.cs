using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ncn.Inference.Repository;

/// <summary>
/// Opens a file of a model's folder without being held up or led astray: no link, directory, named pipe or device, whatever
/// takes the file's place between two looks.
/// </summary>
internal static partial class RegularFile
{
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int OfThisHandle = 0x1000;
    private const uint TypeMask = 0x1;
    private const int ModeOffset = 28;
    private const int StatusBytes = 256;
    private const int NoSuchFile = 2;
    private const int TooManyLinks = 40;
    private const ushort FileTypeBits = 0xF000;
    private const ushort Regular = 0x8000;

    /// <summary>Linux numbers this flag by processor.</summary>
    private static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <param name="folder">The model's folder.</param>
    /// <param name="path">A checked path below it, with '/'.</param>
    /// <param name="maxBytes">Largest size that is opened.</param>
    /// <exception cref="InvalidDataException">It is missing, no regular file, or too large; the message names <paramref name="path"/> only.</exception>
    public static FileStream Open(string folder, string path, long maxBytes)
    {
        RefuseLinkedFolders(folder, path);
        string file = Path.Combine(folder, path);
        FileStream stream = OperatingSystem.IsLinux() ? new FileStream(OpenOnLinux(file, path), FileAccess.Read, bufferSize: 0) : OpenElsewhere(file, path);
        if (stream.Length <= maxBytes)
        {
            return stream;
        }

        long length = stream.Length;
        stream.Dispose();
        throw new InvalidDataException($"the file {path} has {length} bytes, and at most {maxBytes} are read");
    }

    /// <summary>The whole file.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Open"/>.</exception>
    public static byte[] ReadAll(string folder, string path, int maxBytes)
    {
        using FileStream stream = Open(folder, path, maxBytes);
        var content = new byte[stream.Length];
        int read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return read == content.Length ? content : throw new InvalidDataException($"the file {path} shrank while it was read");
    }

    private static SafeFileHandle OpenOnLinux(string file, string path)
    {
        int descriptor = OpenFile(file, ReadOnly | NonBlocking | CloseOnExec | NoFollow);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new InvalidDataException(error switch
            {
                NoSuchFile => $"the file {path} is missing",
                TooManyLinks => $"the file {path} is a symbolic link; put the file itself there",
                _ => $"the file {path} cannot be opened: {new Win32Exception(error).Message}",
            });
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (IsRegular(descriptor))
        {
            return handle;
        }

        handle.Dispose();
        throw NotRegular(path);
    }

    private static FileStream OpenElsewhere(string file, string path)
    {
        var information = new FileInfo(file);
        return !information.Exists ? throw new InvalidDataException($"the file {path} is missing")
            : information.LinkTarget is null ? information.OpenRead() : throw NotRegular(path);
    }

    private static InvalidDataException NotRegular(string path) => new($"{path} is no regular file; a folder, pipe or device cannot be part of a model");

    private static void RefuseLinkedFolders(string folder, string path)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            if (new DirectoryInfo(Path.Combine(folder, path[..slash])).LinkTarget is not null)
            {
                throw new InvalidDataException($"the folder {path[..slash]} is a symbolic link; put the folder itself there");
            }
        }
    }

    private static unsafe bool IsRegular(int descriptor)
    {
        byte* status = stackalloc byte[StatusBytes];
        return StatusOf(descriptor, "", OfThisHandle, TypeMask, status) == 0 && (*(ushort*)(status + ModeOffset) & FileTypeBits) == Regular;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenFile(string path, int flags);

    /// <summary>statx(2): its layout is the same on every processor, unlike that of stat(2).</summary>
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int StatusOf(int folder, string path, int flags, uint mask, byte* status);
}
