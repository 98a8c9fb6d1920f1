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
}
