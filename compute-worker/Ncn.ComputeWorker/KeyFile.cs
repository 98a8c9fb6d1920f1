using Ncn.Protocol;

namespace Ncn.ComputeWorker;

/// <summary>The operator's key, from a file. Its content never reaches a log or a message.</summary>
internal static class KeyFile
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The key as text: 0x and 64 hex digits.</summary>
    /// <exception cref="InvalidOperationException">The file is missing, open to others, or holds no key; the message says which.</exception>
    public static string Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"The key file {path} is missing. Make one with './ncn wallet', or set Ncn:Worker:KeyFile.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
        {
            throw new InvalidOperationException($"The key file {path} can be read by others. Run 'chmod 600' on it.");
        }

        string text = File.ReadAllText(path).Trim();
        return Hash32.TryParse(text, out _)
            ? text
            : throw new InvalidOperationException($"The key file {path} does not hold a private key: 0x and 64 hex digits.");
    }

    /// <summary>The signer of a key in text form.</summary>
    public static Signer ToSigner(string key) => new(Hash32.Parse(key).ToArray());
}
