using System.Globalization;
using Ncn.Hosting;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Sealing;

/// <summary>A key of the node for sealed requests.</summary>
/// <param name="Seed">32 secret bytes that the key is derived from (RFC 9180, DeriveKeyPair).</param>
/// <param name="MadeAt">Unix milliseconds.</param>
internal sealed record EncryptionSeed(byte[] Seed, ulong MadeAt)
{
    /// <summary>Never the seed.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"encryption key of {MadeAt}");
}

/// <summary>The node's encryption keys on disk, the newest first: one line each, 0x and 64 hex digits, and when it was made. Readable by its owner alone.</summary>
internal sealed class EncryptionKeyFile(string path)
{
    private const int MaxKeys = 16;

    /// <summary>The keys; none when there is no file yet.</summary>
    /// <exception cref="InvalidOperationException">Others can read the file, or it is not what this node wrote; says nothing of its content.</exception>
    public IReadOnlyList<EncryptionSeed> Read()
    {
        if (!File.Exists(path))
        {
            return [];
        }

        KeyFile.RequirePrivate(path);
        EncryptionSeed[] seeds = [.. File.ReadLines(path).Take(MaxKeys).Select(Parse)];
        return seeds.Length > 0 ? seeds : throw Malformed();
    }

    /// <summary>Replaces the file's content; on the disk when it returns.</summary>
    public void Write(IEnumerable<EncryptionSeed> seeds)
    {
        string next = path + ".next";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (FileStream file = CreatePrivate(next))
            using (var writer = new StreamWriter(file))
            {
                foreach (EncryptionSeed seed in seeds)
                {
                    writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"0x{Convert.ToHexStringLower(seed.Seed)} {seed.MadeAt}"));
                }

                writer.Flush();
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The node's encryption keys cannot be written to {path}: {exception.Message} Set Ncn:Worker:EncryptionKeyFile to a path that this process may write.", exception);
        }
    }

    private static FileStream CreatePrivate(string file)
    {
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(file, options);
    }

    private EncryptionSeed Parse(string line) =>
        line.Split(' ') is [var seed, var madeAt] && Hash32.TryParse(seed, out Hash32 bytes)
            && ulong.TryParse(madeAt, NumberStyles.None, CultureInfo.InvariantCulture, out ulong time)
            ? new EncryptionSeed(bytes.ToArray(), time)
            : throw Malformed();

    private InvalidOperationException Malformed() => new(
        $"The encryption keys in {path} cannot be read: each line is 0x, 64 hex digits, a space and unix milliseconds. Delete the file to get a new key; clients then ask for it.");
}
