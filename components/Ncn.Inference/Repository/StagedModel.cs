using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Inference.Repository;

/// <summary>
/// A model's files as they were when their digests were checked: each is read once, hashed and copied in the same pass into a folder
/// that only this process's user can enter. What was verified is what is loaded, whatever happens in the repository meanwhile.
/// </summary>
internal sealed class StagedModel : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly bool _copied;

    private StagedModel(string folder, bool copied, ModelManifest manifest, Hash32 manifestHash, long bytes) =>
        (Folder, _copied, Manifest, ManifestHash, Bytes) = (folder, copied, manifest, manifestHash, bytes);

    /// <summary>Where to load it from.</summary>
    public string Folder { get; }

    public ModelManifest Manifest { get; }

    /// <summary>keccak-256 of the manifest, and so of everything that makes the model.</summary>
    public Hash32 ManifestHash { get; }

    /// <summary>Bytes of all files together.</summary>
    public long Bytes { get; }

    /// <exception cref="InvalidDataException">The folder is no model, or a file is missing, differs or is no regular file.</exception>
    /// <exception cref="IOException">The copy cannot be written.</exception>
    public static StagedModel Create(string folder, InferenceOptions options)
    {
        byte[] bytes = RegularFile.ReadAll(folder, ModelManifest.FileName, ModelManifest.MaxBytes);
        ModelManifest manifest = ModelManifest.Parse(bytes);
        ModelFiles.RefuseUnnamed(folder, manifest);
        string target = options.CopyBeforeLoading ? NewFolder(options) : folder;
        try
        {
            long total = Take(folder, manifest, options.CopyBeforeLoading ? target : null, options.MaxModelMegabytes * (1L << 20));
            return new StagedModel(target, options.CopyBeforeLoading, manifest, Keccak256.Of(bytes), total);
        }
        catch
        {
            Delete(target, options.CopyBeforeLoading);
            throw;
        }
    }

    /// <summary>Deletes the copy. ONNX Runtime keeps what it has mapped.</summary>
    public void Dispose() => Delete(Folder, _copied);

    private static string NewFolder(InferenceOptions options)
    {
        string parent = options.StagingFolder is { Length: > 0 } chosen ? chosen : Path.GetTempPath();
        string folder = Path.Combine(parent, "ncn-model-" + Guid.NewGuid().ToString("N"));
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }

    private static void Delete(string folder, bool copied)
    {
        if (copied && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long Take(string folder, ModelManifest manifest, string? target, long maxBytes)
    {
        long total = 0;
        foreach ((string path, Hash32 expected) in manifest.Files)
        {
            using FileStream source = RegularFile.Open(folder, path, maxBytes - total);
            using FileStream? copy = target is null ? null : Create(Path.Combine(target, path));
            Hash32 actual = Hash(source, copy, path, maxBytes - total);
            if (actual != expected)
            {
                throw new InvalidDataException($"the file {path} has the digest {actual}, and the manifest names {expected}; fetch the file again or correct the manifest");
            }

            total += source.Position;
        }

        return total;
    }

    private static FileStream Create(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
    }

    private static Hash32 Hash(FileStream source, FileStream? copy, string path, long maxBytes)
    {
        var hash = new IncrementalKeccak256();
        var buffer = new byte[(int)Math.Clamp(source.Length, 1, BufferBytes)];
        long total = 0;
        for (int read = source.Read(buffer); read > 0; read = source.Read(buffer))
        {
            total += read;
            if (total > maxBytes)
            {
                throw new InvalidDataException($"the file {path} grows while it is read, beyond the {maxBytes} bytes that are left to the model");
            }

            hash.Append(buffer.AsSpan(0, read));
            copy?.Write(buffer.AsSpan(0, read));
        }

        return hash.Finish();
    }
}
