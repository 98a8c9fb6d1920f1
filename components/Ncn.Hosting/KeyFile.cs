using System.Security.Cryptography;
using System.Text;
using Ncn.Protocol;

namespace Ncn.Hosting;

/// <summary>A private key on disk: one line of 0x and 64 hex digits, readable by its owner alone.</summary>
public static class KeyFile
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Loads the signer. Throws <see cref="InvalidOperationException"/> that says what is wrong with the file, never what is in it.</summary>
    public static Signer Load(string path)
    {
        var key = ReadHex(path);
        try
        {
            return new Signer(Convert.FromHexString(key.AsSpan(2)));
        }
        catch (ArgumentException invalid)
        {
            throw new InvalidOperationException($"The key in {path} is not a valid secp256k1 key; make a new one.", invalid);
        }
    }

    /// <summary>The same, and a new key where the file does not exist: written for its owner alone, whole or not at all.</summary>
    public static Signer LoadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            Create(path);
        }

        return Load(path);
    }

    /// <summary>Throws <see cref="InvalidOperationException"/> when others than its owner can read or write the file.</summary>
    public static void RequirePrivate(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new InvalidOperationException($"The key file {path} can be read by others; run: chmod 600 {path}");
        }
    }

    /// <summary>The key as 0x and 64 hex digits, for libraries that want text. The same checks as <see cref="Load"/>.</summary>
    public static string ReadHex(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"The key file {path} does not exist; set the path of one, or let './ncn up' make it.");
        }

        RequirePrivate(path);
        var text = File.ReadAllText(path).Trim();
        return Hash32.TryParse(text, out _)
            ? text
            : throw new InvalidOperationException($"The key file {path} must hold one line of 0x and 64 hex digits.");
    }

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var fresh = $"{path}.{Guid.NewGuid():N}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(fresh, options))
        {
            // One draw in 2^128 is no key; then the file is refused when it is loaded.
            file.Write(Encoding.ASCII.GetBytes($"0x{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}\n"));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(fresh, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was quicker, and its key is the one.
            File.Delete(fresh);
        }
    }
}
